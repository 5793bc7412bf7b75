import type { Io } from "./io.ts";
import { span } from "./times.ts";

/** Milliseconds between two drawings. */
const EVERY = 100;
const WIDTH = 30;
const CLEAR = "\r\u001b[K";

/** Shows on a terminal how far long work has come; elsewhere it shows nothing. */
export class Progress {
  readonly #io: Io;
  readonly #what: string;
  readonly #total: number | undefined;
  readonly #begun = performance.now();
  #drawn = 0;
  #count = 0;

  /** @param total where it is known there is a bar, elsewhere a count */
  constructor(io: Io, what: string, total?: number) {
    this.#io = io;
    this.#what = what;
    this.#total = total;
  }

  get count(): number {
    return this.#count;
  }

  add(count: number): void {
    this.#count += count;
    const now = performance.now();
    if (this.#io.stderr.isTTY !== true || now - this.#drawn < EVERY) return;
    this.#drawn = now;
    this.#io.stderr.write(
      CLEAR + this.#line((now - this.#begun) / 1000).slice(0, (this.#io.stderr.columns ?? 80) - 1),
    );
  }

  /** Takes it away again. */
  end(): void {
    if (this.#drawn > 0) this.#io.stderr.write(CLEAR);
  }

  #line(seconds: number): string {
    const rate = this.#count / Math.max(seconds, 0.001);
    const speed = `${number(this.#count)} ${this.#what}, ${number(rate)} a second`;
    if (this.#total === undefined) return speed;
    const part = Math.min(1, this.#count / Math.max(1, this.#total));
    const full = Math.floor(part * WIDTH);
    const left = rate > 0 && part < 1 ? `, ${span((this.#total - this.#count) / rate)} left` : "";
    return `[${"#".repeat(full)}${".".repeat(WIDTH - full)}] ${Math.floor(part * 100)}%  ${speed}${left}`;
  }
}

/** A whole number with its thousands parted. */
export function number(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

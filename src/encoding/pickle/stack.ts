import { malformed, MAX_SIZE, VALUE_SIZE } from "./limits.ts";
import { Container } from "./tree.ts";

const MAX_VALUES = MAX_SIZE / VALUE_SIZE;

/** The stack of the machine that pickles are programs for, its marks and its memo. */
export class Stack {
  readonly #values: unknown[] = [];
  /** Where the marks are: heights of the stack. Nothing below the last one can be reached. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #spent = 0;

  /** Counts work against the limit, in bytes; so whatever is built in vain is bounded too. */
  spend(size: number): void {
    this.#spent += size;
    if (this.#spent > MAX_SIZE) throw malformed(`stands for more than ${MAX_SIZE} bytes`);
  }

  push(value: unknown): void {
    this.spend(VALUE_SIZE);
    this.#values.push(value);
  }

  get top(): unknown {
    this.#need(1);
    return this.#values.at(-1);
  }

  pop(): unknown {
    this.#need(1);
    return this.#values.pop();
  }

  /** The topmost values, which are popped. */
  take(count: number): unknown[] {
    this.#need(count);
    return this.#values.splice(this.#values.length - count);
  }

  mark(): void {
    this.spend(VALUE_SIZE);
    this.#marks.push(this.#values.length);
  }

  /** All values above the last mark, which are popped with it. */
  takeToMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw malformed("ends what it has not begun");
    return this.#values.splice(mark);
  }

  /** Python's POP, which takes the mark where no value is above it. */
  drop(): void {
    if (this.#values.length > this.#floor) this.#values.pop();
    else this.takeToMark();
  }

  /** The container on top. */
  topOf(kind: Container["kind"]): Container {
    const { top } = this;
    if (!(top instanceof Container) || top.kind !== kind) throw malformed(`adds to what is no ${kind}`);
    return top;
  }

  remember(index: number = this.#memo.size): void {
    this.spend(VALUE_SIZE);
    if (index >= MAX_VALUES) throw malformed("remembers more than it can make");
    this.#memo.set(index, this.top);
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) throw malformed("refers to what it has not remembered");
    this.push(this.#memo.get(index));
  }

  /** The only value. */
  finish(): unknown {
    if (this.#values.length !== 1 || this.#marks.length > 0) throw malformed("is not one value");
    return this.#values[0];
  }

  get #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  #need(count: number): void {
    if (this.#values.length - this.#floor < count) throw malformed("takes values that it has not made");
  }
}

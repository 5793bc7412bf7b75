import type { WatchedRequest } from "./watched-request.ts";

/** How many requests of a browser are kept. */
export const KEPT_REQUESTS = 50;
/** How many bytes they may take. */
const KEPT_BYTES = 262_144;
/** How many pages of a browser can look on at once. */
const PAGES = 6;

/** A browser that looks at its own requests. */
export class Watcher {
  readonly #requests: WatchedRequest[] = [];
  /** The last Set-Cookie of each name, without its value. */
  readonly #setCookies = new Map<string, string>();
  readonly #pages = new Set<() => void>();
  #count = 0;

  /** Newest first. */
  get requests(): readonly WatchedRequest[] {
    return this.#requests;
  }

  add(make: (number: number) => WatchedRequest): WatchedRequest {
    const request = make(++this.#count);
    this.#requests.unshift(request);
    this.#requests.length = Math.min(this.#requests.length, KEPT_REQUESTS);
    return request;
  }

  /** A request has ended. Of large ones fewer are kept. */
  changed(request: WatchedRequest): void {
    let size = 0;
    const tooMany = this.#requests.findIndex((one) => (size += one.size) > KEPT_BYTES);
    if (tooMany >= 0) this.#requests.length = Math.max(tooMany, 1);
    for (const { name, header } of request.setCookies) {
      if (this.#setCookies.size < KEPT_REQUESTS || this.#setCookies.has(name))
        this.#setCookies.set(name, header);
    }
    for (const tell of this.#pages) tell();
  }

  /** The last Set-Cookie of this name, without its value. */
  setCookieOf(name: string): string | undefined {
    return this.#setCookies.get(name);
  }

  forget(): void {
    this.#requests.length = 0;
    this.#setCookies.clear();
    for (const tell of this.#pages) tell();
  }

  /** Calls `tell` when something has changed; returns what ends that. Undefined where too many look on already. */
  follow(tell: () => void): (() => void) | undefined {
    if (this.#pages.size >= PAGES) return undefined;
    this.#pages.add(tell);
    return () => this.#pages.delete(tell);
  }
}

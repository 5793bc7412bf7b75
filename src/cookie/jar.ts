import { type Clock, systemClock } from "../clock.ts";
import { HeadersSentError } from "../errors.ts";
import { type CookieAttributes, MAX_COOKIE_LIFETIME } from "./attributes.ts";
import {
  type CookieHeader,
  decodeOrKeep,
  findCookies,
  type ParseCookieOptions,
  parseCookiePairs,
} from "./cookie-header.ts";
import { type DeletionAttributes, stringifyDeletion, stringifySetCookie } from "./set-cookie.ts";
import type { AttributesFor } from "./typed-rules.ts";

/** What {@link CookieJar} is told beside the header. */
export interface CookieJarOptions {
  /** Tells the time from which the 400 days of `expires` count. Default: the machine's clock. */
  clock?: Clock;
}

/** What makes two cookies the same one for a browser (RFC 6265bis section 5.7, without the host). */
export interface CookieKey {
  name: string;
  domain?: string | undefined;
  path?: string | undefined;
}

/**
 * The cookies of one request and its response. Reading tells what the browser sent, never what this response sets.
 *
 * ```ts
 * const jar = new CookieJar("theme=dark; lang=de");
 * jar.get("theme"); // "dark"
 * jar.set("theme", "light", { maxAge: 3600 });
 * jar.delete("lang");
 * jar.setCookies(); // the values of the response's Set-Cookie headers
 * ```
 */
export class CookieJar {
  readonly #header: CookieHeader;
  readonly #clock: Clock;
  /** The response's Set-Cookie headers by name, domain and path; most responses have none. */
  #changes: Map<string, string> | undefined;
  #sealed = false;

  constructor(header: CookieHeader, options: CookieJarOptions = {}) {
    this.#header = header;
    this.#clock = options.clock ?? systemClock;
  }

  /** The value as the browser sent it, or decoded; the first one, if the name was sent more than once. */
  get(name: string, options?: ParseCookieOptions): string | undefined {
    return this.getAll(name, options)[0];
  }

  /** All values that the browser sent under this name, in its order. */
  getAll(name: string, { decode }: ParseCookieOptions = {}): string[] {
    const values = findCookies(this.#header, name);
    return decode ? values.map((value) => decodeOrKeep(decode, value)) : values;
  }

  /** Whether the browser sent a cookie of this name. */
  has(name: string): boolean {
    return this.getAll(name).length > 0;
  }

  /** All cookies that the browser sent as `[name, value]`, in its order. */
  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return parseCookiePairs(this.#header).values();
  }

  /**
   * Sets a cookie in the response, as Flask's `response.set_cookie`. The path defaults to `"/"`. A lifetime above 400 days
   * is cut to that, as browsers do.
   *
   * @throws CookieError | TooLargeError | HeadersSentError
   */
  set<Name extends string>(
    name: Name,
    value: string,
    ...attributes: AttributesFor<Name, CookieAttributes>
  ): void;
  set(name: string, value: string, attributes: CookieAttributes = {}): void {
    this.#refuseLate();
    const complete = this.#clampLifetime({ ...attributes, path: attributes.path ?? "/" });
    this.put({ name, ...complete }, stringifySetCookie(name, value, complete, { clock: this.#clock }));
  }

  /**
   * Makes the browser forget a cookie. Pass the attributes with which it was set; the path defaults to `"/"`.
   *
   * @throws CookieError | TooLargeError | HeadersSentError
   */
  delete<Name extends string>(name: Name, ...attributes: AttributesFor<Name, DeletionAttributes>): void;
  delete(name: string, attributes: DeletionAttributes = {}): void {
    this.#refuseLate();
    const complete = { ...attributes, path: attributes.path ?? "/" };
    this.put({ name, ...complete }, stringifyDeletion(name, complete));
  }

  /** The values of the response's `Set-Cookie` headers: one for each name, domain and path, in its last state. */
  setCookies(): string[] {
    return this.#changes === undefined ? [] : [...this.#changes.values()];
  }

  /** Called when the response's headers are about to leave: every later `set` and `delete` throws. */
  seal(): void {
    this.#sealed = true;
  }

  /**
   * Takes in a `Set-Cookie` header that was made elsewhere: the session's own comes when the session is stored, after
   * the application's last word.
   *
   * @internal
   */
  put(key: CookieKey, header: string): void {
    this.#changes ??= new Map();
    this.#changes.set(keyText(key), header);
  }

  /** @internal Forgets what was set or deleted in this response under a cookie's name. */
  withdraw(key: CookieKey): void {
    this.#changes?.delete(keyText(key));
  }

  #refuseLate(): void {
    if (this.#sealed) throw new HeadersSentError("A change of a cookie");
  }

  #clampLifetime(attributes: CookieAttributes): CookieAttributes {
    const { expires, maxAge } = attributes;
    const latest = this.#clock.now() + MAX_COOKIE_LIFETIME * 1000;
    if (Number.isInteger(maxAge)) attributes.maxAge = Math.min(maxAge!, MAX_COOKIE_LIFETIME);
    if (expires instanceof Date && expires.getTime() > latest) attributes.expires = new Date(latest);
    return attributes;
  }
}

function keyText({ name, domain = "", path = "" }: CookieKey): string {
  return `${name};${domain.replace(/^\./, "").toLowerCase()};${path}`;
}

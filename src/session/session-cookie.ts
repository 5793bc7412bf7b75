import {
  type ChunkFault,
  chunkLength,
  chunkSuffix,
  joinChunks,
  type JoinedChunks,
  MAX_CHUNKS,
  splitIntoChunks,
} from "../cookie/chunks.ts";
import { MAX_COOKIE_BYTES } from "../cookie/attributes.ts";
import { type CookieHeader, type CookieJar, findCookies } from "../cookie/index.ts";
import type { ForeignCookie } from "./accepted-format.ts";
import { type CookieTemplate, withSuffix } from "./cookie-settings.ts";

/** The session's cookie in one request and its response: one, or several that hold one value. */
export class SessionCookie {
  /** How many cookies a value may be spread over. */
  readonly max: number;
  readonly #header: CookieHeader;
  readonly #template: CookieTemplate;
  readonly #jar: CookieJar;
  /** The values of the second to the last cookie there may be, once somebody asked. */
  #others: readonly (readonly string[])[] | undefined;

  constructor(header: CookieHeader, template: CookieTemplate, jar: CookieJar, max = 1) {
    this.#header = header;
    this.#template = template;
    this.#jar = jar;
    this.max = max;
  }

  /** Another cookie, with the same attributes, whose name is this one's with `suffix` behind it. */
  companion(suffix: string): SessionCookie {
    return new SessionCookie(this.#header, withSuffix(this.#template, suffix), this.#jar);
  }

  get name(): string {
    return this.#template.name;
  }

  /** The most bytes of name and value together. */
  get room(): number {
    return this.max === 1 ? MAX_COOKIE_BYTES : this.name.length + this.max * chunkLength(this.name);
  }

  /** The values that came with the request; of several cookies, those of the first one. */
  sent(): string[] {
    return this.sentAs(this.#template.name);
  }

  /** The values that came under another name. */
  sentAs(name: string): string[] {
    return findCookies(this.#header, name);
  }

  /** Whether the browser has anything of it. */
  get isSent(): boolean {
    return this.sent().length > 0 || this.isHeadless;
  }

  /** Whether further cookies came without the first one. */
  get isHeadless(): boolean {
    return this.#further().some((values) => values.length > 0) && this.sent().length === 0;
  }

  /** The whole value that begins with one of those that were {@link sent}. */
  whole(value: string): JoinedChunks {
    return this.max === 1 ? { value } : joinChunks(this.name, value, this.#further());
  }

  #further(): readonly (readonly string[])[] {
    if (this.max === 1) return [];
    const suffixes = Array.from({ length: MAX_CHUNKS - 1 }, (_, i) => chunkSuffix(i + 2));
    return (this.#others ??= suffixes.map((suffix) => this.sentAs(this.name + suffix)));
  }

  /** Deletes the cookie that another program set, where ours would not take its place. */
  forget(other: ForeignCookie): void {
    const { name, domain, path } = this.#template;
    if (other.name !== name || other.domain !== domain || other.path !== path)
      this.#jar.put(other, other.deletion);
  }

  /** @param expires seconds since 1970; undefined: the cookie ends with the browser's session */
  set(value: string, expires: number | undefined): void {
    const parts = this.max === 1 ? [value] : splitIntoChunks(this.name, value);
    for (const [i, part] of parts.entries()) {
      const template = this.#templateOf(i + 1);
      this.#jar.put(template, template.set(part, expires));
    }
    this.#deleteFrom(parts.length + 1);
  }

  delete(): void {
    this.#deleteFrom(1);
  }

  /** Every response settles all of the cookies, so that of two parallel ones the last one wins whole, whatever it saw in its request. */
  #deleteFrom(first: number): void {
    const isThere = (number: number): boolean =>
      number <= this.max || (this.#further()[number - 2]?.length ?? 0) > 0;
    for (let number = first; number <= MAX_CHUNKS; number++) {
      if (!isThere(number)) continue;
      const template = this.#templateOf(number);
      this.#jar.put(template, template.deletion);
    }
  }

  #templateOf(number: number): CookieTemplate {
    return number === 1 ? this.#template : withSuffix(this.#template, chunkSuffix(number));
  }
}

/** What is said of cookies that are no whole value. */
export const CHUNK_FAULTS: Readonly<Record<ChunkFault, string>> = {
  missing: "One of the cookies of a session is missing.",
  surplus: "A session came with more cookies than belong to it.",
  mixed: "The cookies of a session do not belong together.",
};

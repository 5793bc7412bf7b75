import { type CookieHeader, type CookieJar, findCookies } from "../cookie/index.ts";
import type { ForeignCookie } from "./accepted-format.ts";
import type { CookieTemplate } from "./cookie-settings.ts";

/** The session's cookie in one request and its response. */
export class SessionCookie {
  readonly #header: CookieHeader;
  readonly #template: CookieTemplate;
  readonly #jar: CookieJar;

  constructor(header: CookieHeader, template: CookieTemplate, jar: CookieJar) {
    this.#header = header;
    this.#template = template;
    this.#jar = jar;
  }

  get name(): string {
    return this.#template.name;
  }

  /** The values that came with the request. */
  sent(): string[] {
    return this.sentAs(this.#template.name);
  }

  /** The values that came under another name. */
  sentAs(name: string): string[] {
    return findCookies(this.#header, name);
  }

  /** Deletes the cookie that another program set, where ours would not take its place. */
  forget(other: ForeignCookie): void {
    const { name, domain, path } = this.#template;
    if (other.name !== name || other.domain !== domain || other.path !== path)
      this.#jar.put(other, other.deletion);
  }

  /** @param expires seconds since 1970; undefined: the cookie ends with the browser's session */
  set(value: string, expires: number | undefined): void {
    this.#jar.put(this.#template, this.#template.set(value, expires));
  }

  delete(): void {
    this.#jar.put(this.#template, this.#template.deletion);
  }
}

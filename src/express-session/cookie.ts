import { type CookieData, cookieText } from "./cookie-text.ts";

/** What the option `cookie` may hold. Durations are milliseconds here, as in express-session. */
export interface CookieOptions {
  /** Milliseconds from now until the cookie ends; null: with the browser's session. Default: null. */
  maxAge?: number | null | undefined;
  /** When the cookie ends. Of `maxAge` and `expires` the last one counts. */
  expires?: Date | null | undefined;
  /** Default: `/`. Requests outside of it have no session. */
  path?: string | undefined;
  /** Default: none, so that the cookie goes to this host only. */
  domain?: string | undefined;
  /** Default: true. */
  httpOnly?: boolean | undefined;
  /** Only over https; `"auto"`: as the connection is. Where the connection is not encrypted, no cookie is set. Default: false. */
  secure?: boolean | "auto" | undefined;
  /** True is `"strict"`; `"auto"`: `"none"` over https and otherwise `"lax"`. Default: not said. */
  sameSite?: boolean | "lax" | "strict" | "none" | "auto" | undefined;
  /** Kept apart for each site that embeds this one (CHIPS). Default: false. */
  partitioned?: boolean | undefined;
  /** Which cookies Chromium drops first. Default: not said. */
  priority?: "low" | "medium" | "high" | undefined;
  /** Milliseconds to which `touch` sets `maxAge` again. Default: `maxAge`. */
  originalMaxAge?: number | null | undefined;
}

/** The cookie of a session: `req.session.cookie`. @see express-session's session/cookie.js */
export class Cookie {
  /** As {@link CookieOptions.path}. */
  path: string | undefined = "/";
  /** As {@link CookieOptions.httpOnly}. */
  httpOnly: boolean | undefined = true;
  /** As {@link CookieOptions.domain}. */
  domain: string | undefined;
  /** As {@link CookieOptions.secure}. */
  secure: boolean | "auto" | undefined;
  /** As {@link CookieOptions.sameSite}. */
  sameSite: CookieOptions["sameSite"];
  /** As {@link CookieOptions.partitioned}. */
  partitioned: boolean | undefined;
  /** As {@link CookieOptions.priority}. */
  priority: CookieOptions["priority"];
  /** As {@link CookieOptions.originalMaxAge}. */
  originalMaxAge: number | null | undefined;
  #expires: Date | null | undefined = null;

  /** @throws TypeError for options that are no object, and for a `maxAge` that is no number */
  constructor(options?: CookieOptions | null) {
    if (options) {
      if (typeof options !== "object") throw new TypeError("argument options must be a object");
      // Inherited ones, too.
      for (const key in options) {
        if (key !== "data") (this as Record<string, unknown>)[key] = options[key as keyof CookieOptions];
      }
    }
    this.originalMaxAge ??= this.maxAge;
  }

  /** When the cookie ends; null or undefined: with the browser's session. */
  get expires(): Date | null | undefined {
    return this.#expires;
  }

  set expires(date: Date | null | undefined) {
    this.#expires = date;
    this.originalMaxAge = this.maxAge;
  }

  /** Milliseconds from now until the cookie ends; null or undefined: with the browser's session. */
  get maxAge(): number | null | undefined {
    const expires = this.#expires;
    return expires instanceof Date ? expires.getTime() - Date.now() : expires;
  }

  set maxAge(ms: number | Date | null | undefined) {
    if (ms && typeof ms !== "number" && !(ms instanceof Date))
      throw new TypeError("maxAge must be a number or Date");
    this.expires = typeof ms === "number" ? new Date(Date.now() + ms) : ms;
  }

  /** What is stored of it. */
  get data(): CookieData {
    return {
      originalMaxAge: this.originalMaxAge,
      partitioned: this.partitioned,
      priority: this.priority,
      expires: this.#expires,
      secure: this.secure,
      httpOnly: this.httpOnly,
      domain: this.domain,
      path: this.path,
      sameSite: this.sameSite,
    };
  }

  /** The Set-Cookie header with a value. @throws TypeError for an attribute that no header can hold */
  serialize(name: string, value: string): string {
    return cookieText(name, value, this.data);
  }

  /** What is stored of it. */
  toJSON(): CookieData {
    return this.data;
  }
}

/**
 * The cookie in data that was stored, with a date for its expiry and the original duration.
 *
 * @throws TypeError where there is none: then something else has written the data
 */
export function storedCookie(stored: unknown): Cookie {
  if (typeof stored !== "object" || stored === null)
    throw new TypeError("Cannot read properties of a stored session that has no cookie.");
  const { toJSON } = stored as Partial<Cookie>;
  const data = (toJSON === undefined ? stored : toJSON.call(stored as Cookie)) as CookieOptions;
  const cookie = new Cookie(data);
  if (typeof data.expires === "string") cookie.expires = new Date(data.expires);
  cookie.originalMaxAge = data.originalMaxAge;
  return cookie;
}

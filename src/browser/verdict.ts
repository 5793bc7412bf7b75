import type { KeptCookie } from "./kept-cookie.ts";

/** The browsers whose rules are known, as of Chromium 156 and Firefox 153. */
export type Browser = "chromium" | "firefox";

export const BROWSERS: readonly Browser[] = ["chromium", "firefox"];

/**
 * `refused`: the browser does not store or send the cookie. `warning`: it does, but hardly as somebody meant it. `note`: worth knowing.
 */
type FindingLevel = "refused" | "warning" | "note";

/** One thing that a browser makes of a cookie. */
export interface Finding {
  /** Stable, for programs: `secure-over-http`, `domain-mismatch`; all of them stand in docs/browsers.md. */
  readonly code: string;
  readonly level: FindingLevel;
  /** What is the case and what the browser does about it. Holds no value of a cookie. */
  readonly message: string;
  /** What to write instead. */
  readonly fix: string;
  /** The browsers that do so; both, where they agree. */
  readonly browsers: readonly Browser[];
}

/** What browsers make of one `Set-Cookie`. */
export interface SetCookieVerdict {
  /** Whether Chromium and Firefox both hold the cookie afterwards. A header that deletes a cookie is not stored. */
  readonly stored: boolean;
  /** The browsers that hold it afterwards. */
  readonly storedBy: readonly Browser[];
  /** Refusals first, then warnings, then notes. */
  readonly findings: readonly Finding[];
  /** The cookie as it is kept by those of `storedBy`; undefined where none does. */
  readonly cookie?: KeptCookie;
  /** The one of the existing cookies that is replaced or deleted. */
  readonly replaces?: KeptCookie;
}

/** Whether browsers send one cookie along. */
export interface SendingVerdict {
  /** Whether Chromium and Firefox both send it. */
  readonly sent: boolean;
  /** The browsers that send it. */
  readonly sentBy: readonly Browser[];
  /** Refusals first, then warnings, then notes. */
  readonly findings: readonly Finding[];
}

/** What is to be said of one cookie of a `Cookie` header. */
export interface SentCookieVerdict {
  readonly name: string;
  /** Bytes of name and value. */
  readonly size: number;
  readonly findings: readonly Finding[];
}

/** What is to be said of a `Cookie` header. */
export interface CookieHeaderVerdict {
  /** Its cookies in their order. */
  readonly cookies: readonly SentCookieVerdict[];
  /** What concerns the header as a whole. */
  readonly findings: readonly Finding[];
}

const RANK: Readonly<Record<FindingLevel, number>> = { refused: 0, warning: 1, note: 2 };

/** Findings under way. */
export class Findings {
  readonly #list: Finding[] = [];

  refuse(code: string, message: string, fix: string, browsers = BROWSERS): void {
    this.#list.push({ code, level: "refused", message, fix, browsers });
  }

  warn(code: string, message: string, fix: string, browsers = BROWSERS): void {
    this.#list.push({ code, level: "warning", message, fix, browsers });
  }

  note(code: string, message: string, fix: string, browsers = BROWSERS): void {
    this.#list.push({ code, level: "note", message, fix, browsers });
  }

  /** Refusals first. */
  get list(): readonly Finding[] {
    return this.#list.toSorted((a, b) => RANK[a.level] - RANK[b.level]);
  }

  /** The browsers that refuse nothing. */
  get acceptedBy(): readonly Browser[] {
    const refusals = this.#list.filter(({ level }) => level === "refused");
    return BROWSERS.filter((browser) => !refusals.some(({ browsers }) => browsers.includes(browser)));
  }
}

/** What the inspector tells its page, as JSON. No value of a cookie and no secret is in it, but for short values that are no tokens. */
import type { Finding } from "../browser/index.ts";

/** Who can do what with a cookie's value. */
export type CookieKind = "readable" | "signed" | "encrypted" | "opaque";

export interface CookieReport {
  readonly name: string;
  /** Bytes of name and value. */
  readonly size: number;
  /** The value, masked. */
  readonly shown: string;
  readonly kind: CookieKind;
  /** What the value looks like, in words. */
  readonly format: string;
  /** Whose cookie it is, where that is known. */
  readonly role: "session" | "inspector" | undefined;
  /** The last Set-Cookie that was seen of it, masked. */
  readonly setBy: string | undefined;
  readonly findings: readonly Finding[];
}

/** What happened, as an event of the session manager's tells it. */
export interface Happening {
  readonly type: string;
  readonly message: string;
}

/** A stretch of a cookie's value that has one purpose. */
export interface Part {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface SessionReport {
  /** The name of its cookie. */
  readonly cookie: string;
  /** `none`: no cookie came. `refused`: one came, and is not good. `failed`: the store did not answer. */
  readonly state: "none" | "good" | "refused" | "failed";
  readonly happenings: readonly Happening[];
  readonly format: string | undefined;
  readonly key: string | undefined;
  /** The name of a session in a store, which is no secret. */
  readonly id: string | undefined;
  readonly user: string | undefined;
  readonly permanent: boolean;
  /** The application's data, with secrets masked. */
  readonly data: unknown;
  /** Seconds since 1970, as all that follow. */
  readonly now: number;
  readonly created: number | undefined;
  readonly used: number | undefined;
  readonly idleEnd: number | undefined;
  readonly absoluteEnd: number | undefined;
  /** Of the cookie's value, for the tamper bench; empty where no cookie came. */
  readonly parts: readonly Part[];
}

export interface PathChange {
  readonly path: string;
  readonly how: "added" | "changed" | "removed";
}

export interface SetCookieReport {
  readonly name: string;
  /** The header, its value replaced by as many bullets. */
  readonly header: string;
  readonly size: number;
  readonly why: string;
  readonly stored: boolean;
  readonly findings: readonly Finding[];
}

export interface RequestReport {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** Path and query, the query's values masked. */
  readonly path: string;
  readonly state: "under way" | "answered" | "failed";
  /** Milliseconds from its beginning until its headers left. */
  readonly took: number | undefined;
  readonly sent: readonly { readonly name: string; readonly size: number }[];
  readonly read: "not asked for" | "none" | "found";
  readonly changes: readonly PathChange[];
  readonly storeCalls: readonly string[];
  readonly setCookies: readonly SetCookieReport[];
  readonly happenings: readonly Happening[];
  /** The code of what went wrong. */
  readonly failure: string | undefined;
}

/** All that the page shows. */
export interface State {
  readonly cookies: readonly CookieReport[];
  readonly findings: readonly Finding[];
  readonly session: SessionReport;
  /** Whether requests are noted: not where the browser does not keep the cookie by which they are known. */
  readonly isWatched: boolean;
  /** Newest first. */
  readonly requests: readonly RequestReport[];
  /** How many requests are kept. */
  readonly limit: number;
}

/** What became of a cookie that was changed on purpose. */
export interface TamperReport {
  readonly part: string;
  readonly did: string;
  readonly accepted: boolean;
  readonly happenings: readonly Happening[];
}

/** A situation in which a browser would send a cookie, or not. */
export interface SendingReport {
  readonly situation: string;
  readonly sent: boolean;
  readonly findings: readonly Finding[];
}

/** What browsers make of a header. */
export interface VerdictReport {
  readonly kind: "set-cookie" | "cookie";
  readonly ok: boolean;
  readonly sentence: string;
  readonly findings: readonly Finding[];
  readonly sendings: readonly SendingReport[];
  readonly cookies: readonly {
    readonly name: string;
    readonly size: number;
    readonly findings: readonly Finding[];
  }[];
}

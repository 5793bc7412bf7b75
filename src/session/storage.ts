import type { Dict, OpenedCookie } from "../codec/index.ts";
import type { SecretKey } from "../signer/index.ts";
import type { OpenAcceptedFormat } from "./accepted-format.ts";
import type { Events } from "./events.ts";
import type { Keeping } from "./keeping.ts";
import type { Timing } from "./timing.ts";
import type { SessionCookie } from "./session-cookie.ts";
import type { SessionJson } from "./session-json.ts";
import type { Settings } from "./settings.ts";
import type { StoredSessions } from "./server-side/stored-sessions.ts";

/** A session cookie that is ours, whole, and young enough. */
export type GenuineCookie = Extract<OpenedCookie, { data: Dict }>;

/** Where sessions are kept: the one choice of `createSessions`. */
export interface Storage {
  /** @internal Whether sessions need a secret key. */
  readonly needsKey: boolean;
  /** Called by `createSessions`. */
  readonly open: (setup: StorageSetup) => OpenStorage;
}

export interface StorageSetup {
  /** Oldest first: the last one signs. Empty where there are none. */
  readonly keys: readonly SecretKey[];
  readonly timing: Timing;
  readonly events: Events;
  /** What other programs' sessions are taken over. */
  readonly accept: readonly OpenAcceptedFormat[];
  /** Whether Flask's rules hold. */
  readonly isFlask: boolean;
}

/** A storage with its manager's keys and times. */
export interface OpenStorage {
  readonly json: SessionJson;
  /** How many cookies a session may take. Default: 1. */
  readonly maxCookies?: number;
  /** Whether there is a cookie with a copy of the session beside its own. Default: false. */
  readonly hasCopies?: boolean;
  /** Whose format our cookie has, where that is another program's, so that only its key tells ours from theirs. */
  readonly program?: string;
  /** What keeps the session of one request. */
  keep<Data extends object>(
    settings: Settings<Data>,
    cookie: SessionCookie,
    userAgent: (() => string | undefined) | undefined,
  ): Keeping<Data>;
  /** Removes up to `limit` records of sessions that have ended, where there are records. */
  deleteExpired?(limit: number): Promise<number>;
  /** All sessions there are, where the storage knows them. */
  readonly stored?: StoredSessions;
}

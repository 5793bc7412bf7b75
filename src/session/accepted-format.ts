import type { Dict } from "../codec/index.ts";
import type { NumberTypes } from "../encoding/python-json.ts";
import type { CookieTemplate } from "./cookie-settings.ts";
import type { Events } from "./events.ts";
import type { Timing } from "./timing.ts";

/**
 * Sessions that another program made, and that are taken over when their visitors come: `createSessions({ accept: […] })`. Each format
 * owns a cookie's name and a form of its value; the first that matches decides, and none is tried because another one failed.
 */
export interface AcceptedFormat {
  /** Called by `createSessions`. */
  readonly open: (setup: AcceptedSetup) => OpenAcceptedFormat;
}

interface AcceptedSetup {
  readonly timing: Timing;
  readonly events: Events;
}

/** A cookie that another program set, and the header that makes browsers forget it. */
export type ForeignCookie = Pick<CookieTemplate, "name" | "domain" | "path" | "deletion">;

/** The values of a name that came with a request. */
export type SentValues = (name: string) => readonly string[];

/** A format with its manager's clock. */
export interface OpenAcceptedFormat {
  /** Whose sessions they are. */
  readonly program: string;
  /** What browsers keep one session in. By the first one it is known that there is one. */
  readonly cookies: readonly [ForeignCookie, ...ForeignCookie[]];
  /** What has this format's form among a request's cookies: one text for each session, of which nothing more is known yet. */
  find(sent: SentValues): readonly string[];
  /** What such a text is, if it is genuine; undefined, and one event, for anything else. Asks no store. */
  open(found: string): AcceptedClaim | undefined;
  /** Where sessions are in a store: ends one there, so that it cannot come back. @throws StoreError */
  end?(origin: string): Promise<void>;
}

/** A session of another program's that is genuine. */
export interface AcceptedClaim {
  /** What makes it this session and no other, however it is written down in a cookie. */
  readonly origin: string;
  /** Undefined where its store does not know it; null, and one event, where it has ended or cannot be read. @throws StoreError */
  read(): AcceptedSession | Promise<AcceptedSession | null | undefined>;
}

/** With Flask's keys: `_permanent`, `_flashes`, `_user_id`. */
export interface AcceptedSession {
  readonly data: Dict;
  readonly numberTypes: NumberTypes | undefined;
  /** When the other program would have ended it, in seconds since 1970; undefined: never, as far as its cookie tells. */
  readonly expires?: number | undefined;
}

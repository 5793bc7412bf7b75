import type { Dict } from "../codec/index.ts";
import type { NumberTypes } from "../encoding/python-json.ts";
import type { CookieTemplate } from "./cookie-settings.ts";
import type { Events } from "./events.ts";
import type { Timing } from "./options.ts";

/**
 * Sessions that another program made, and that are taken over when their visitors come: `createSessions({ accept: […] })`. Each format
 * owns a cookie's name and a form of its value; the first that matches decides, and none is tried because another one failed.
 */
export interface AcceptedFormat {
  /** @internal */
  readonly open: (setup: AcceptedSetup) => OpenAcceptedFormat;
}

interface AcceptedSetup {
  readonly timing: Timing;
  readonly events: Events;
}

/** A format with its manager's clock. */
export interface OpenAcceptedFormat {
  /** What browsers keep it in. */
  readonly cookie: Pick<CookieTemplate, "name" | "domain" | "path" | "secure" | "deletion">;
  /** Whether a value has this format's form. */
  matches(value: string): boolean;
  /** The session behind a value of this form; undefined where there is none. @throws StoreError */
  load(value: string): Promise<AcceptedSession | undefined>;
  /** Ends that session where it was, so that it cannot come back from there. @throws StoreError */
  end(value: string): Promise<void>;
}

/** With Flask's keys: `_permanent`, `_flashes`, `_user_id`. */
export interface AcceptedSession {
  readonly data: Dict;
  readonly numberTypes: NumberTypes | undefined;
}

import type { Events } from "./events.ts";
import type { FlaskRules } from "./flask-rules.ts";
import type { StandardSchema } from "./schema.ts";
import type { SessionJson } from "./session-json.ts";
import type { Timing } from "./timing.ts";

/** What all sessions of a manager have in common: its options, checked and complete. */
export interface Settings<Data extends object> {
  readonly json: SessionJson;
  readonly timing: Timing;
  readonly schema: StandardSchema<Data> | undefined;
  /** Flask's rules instead of ours. */
  readonly flask: FlaskRules | undefined;
  readonly events: Events;
  /** Throws where no session can be written, because there is no key to sign it with. */
  readonly refuseWrites: (() => never) | undefined;
}

import type { Clock } from "../clock.ts";
import type { CookieCodec } from "./storage.ts";

/** What every session of a manager has in common. */
export interface SessionRules<Data> {
  readonly codec: CookieCodec;
  readonly clock: Clock;
  /** Flask's rules instead of ours. */
  readonly flask: boolean;
  readonly hasSchema: boolean;
  /** The data that a visitor starts with. */
  readonly empty: () => Data;
  readonly isEmpty: (data: Data) => boolean;
  /** Throws where no session can be written at all. */
  readonly beforeWrite: (() => void) | undefined;
}

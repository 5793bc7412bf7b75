import type { SetCookie } from "../../cookie/index.ts";
import type { KeptCookie } from "../kept-cookie.ts";
import type { Situation } from "../situation.ts";
import type { Findings } from "../verdict.ts";

/** A cookie that is being set. */
export interface Setting {
  /** What the header says, without the attributes that browsers ignore. */
  readonly parsed: SetCookie;
  /** The value of each attribute as it was written last, under its name in lower case. */
  readonly written: ReadonlyMap<string, string>;
  /** As it is kept if nothing speaks against it. */
  readonly cookie: KeptCookie;
  readonly situation: Situation;
  /** What the browser holds already. */
  readonly existing: readonly KeptCookie[];
}

/** Says what one part of the standard makes of a cookie that is being set. */
export type SettingRule = (setting: Setting, findings: Findings) => void;

/** A cookie that the browser holds, when a request goes out. */
interface Sending {
  readonly cookie: KeptCookie;
  readonly situation: Situation;
}

/** Says what one part of the standard makes of a cookie that might be sent. */
export type SendingRule = (sending: Sending, findings: Findings) => void;

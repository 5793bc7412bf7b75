import type { NamedKey } from "../keys.ts";
import type { GivenCookie } from "./given.ts";

/** What is known before a cookie is looked at. */
export interface Inspection {
  /** Percent-decoded, where a format calls for it, by that format. */
  readonly value: string;
  readonly name: string | undefined;
  /** All that came with it. */
  readonly cookies: readonly GivenCookie[];
  readonly keys: readonly NamedKey[];
  /** Seconds since 1970. */
  readonly now: number;
  /** `encryptedCookie({ application })`. */
  readonly application: string | undefined;
  /** A salt of itsdangerous' beside those that are known. */
  readonly salt: string | undefined;
  /** The folder of the project whose libraries may be used. */
  readonly cwd: string;
}

/** What a cookie's value turned out to be. */
export interface Finding {
  readonly format: string;
  /** Who can read it. */
  readonly readable: string;
  /** Whether it is signed or encrypted, so that a key can tell whether it is genuine. */
  readonly isKeyed: boolean;
  /** The key that made it, of those given. */
  readonly key?: string | undefined;
  /** Why it is not good, where that is known beyond its key and its times. */
  readonly problem?: string | undefined;
  /** Seconds since 1970. */
  readonly made?: number | undefined;
  readonly ends?: number | undefined;
  /** What else stands in it, in a few words each. */
  readonly facts?: Readonly<Record<string, string | number>>;
  /** What it holds, as JSON text. */
  readonly content?: string | undefined;
}

/** Tells what a value is, if it has the form of one format; undefined for every other one. */
export type Recognise = (cookie: Inspection) => Finding | undefined | Promise<Finding | undefined>;

export const EVERYBODY = "by everybody who has the cookie";
export const APPLICATION = "by the application alone";

/** The first key for which `made` holds, by its name. */
export function keyThat(keys: readonly NamedKey[], made: (key: string) => boolean): string | undefined {
  return keys.find(({ key }) => made(key))?.where;
}

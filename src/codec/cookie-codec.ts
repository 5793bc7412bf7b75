import type { NumberTypes } from "../encoding/python-json.ts";
import type { Dict } from "./tagged-json.ts";

/** Why a cookie is no session. */
export type Refusal = "bad_mac" | "unknown_key" | "expired" | "future" | "malformed" | "too_large";

/** What a cookie's value turned out to be. */
export type OpenedCookie =
  | {
      readonly data: Dict;
      readonly numberTypes: NumberTypes | undefined;
      /** The JSON that `stringify` writes for this data. */
      readonly json: string;
      /** Seconds since 1970. */
      readonly signedAt: number;
      /** Made with a fallback key. */
      readonly oldKey: boolean;
      readonly refused?: undefined;
    }
  | { readonly refused: Refusal };

/** Turns a session's JSON into a cookie's value that nobody else can make, and back. */
export interface CookieCodec {
  /** The most characters of JSON that {@link open} takes. */
  readonly maxJsonBytes: number;
  /** Whether a value may be one of this format, before anything else is known of it. */
  hasForm(value: string): boolean;
  /** The JSON of session data. @throws DataError that names the path of what cannot be written */
  stringify(data: Dict, numberTypes?: NumberTypes): string;
  /**
   * The value, made now, of the cookie called `name`.
   *
   * @param json what {@link stringify} wrote
   * @throws TooLargeError when {@link open} would refuse it
   */
  seal(json: string, name: string): string;
  /**
   * Reads the value of the cookie called `name`; never throws. Nothing in it is looked at before it is known to be ours.
   *
   * @param maxAge seconds since it was made; undefined: any age
   */
  open(value: string, maxAge: number | undefined, name: string): OpenedCookie;
}

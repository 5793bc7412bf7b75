import type { Clock } from "../clock.ts";
import { FlaskCookie, type Dict, type FlaskCookieOptions, type OpenedCookie } from "../codec/index.ts";
import type { NumberTypes } from "../encoding/python-json.ts";
import type { SecretKey } from "../signer/index.ts";

/** Turns a session into a cookie's value and back. */
export interface CookieCodec {
  /** The text by which two states of the data are compared. @throws DataError with the path of what cannot be written */
  stringify(data: Dict, numberTypes?: NumberTypes): string;
  /** The most bytes of that text that {@link open} takes. */
  readonly maxJsonBytes: number;
  /** The cookie's value for what {@link stringify} wrote. */
  seal(text: string): string;
  /** Never throws. `maxAge` in seconds since it was sealed; undefined: any. */
  open(value: string, maxAge: number | undefined): OpenedCookie;
}

/** Where sessions are kept: the one choice of `createSessions`. */
export interface Storage {
  /** @internal Keys oldest first: the last one signs. */
  readonly codec: (keys: readonly SecretKey[], clock: Clock) => CookieCodec;
}

/** What an application may choose of Flask's format. */
export type SignedCookieOptions = Omit<FlaskCookieOptions, "clock">;

/**
 * Sessions in a signed cookie, in Flask's format. Nobody can change them without the secret key, and everybody who holds
 * the cookie can read them, so keep no secrets in it. The browser keeps the data, so there is nothing to store and nothing
 * to clean up; but of two parallel responses the last one wins, and a copied cookie stays good until it expires.
 *
 * @example createSessions({ secretKey: process.env.SECRET_KEY, storage: signedCookie() })
 */
export function signedCookie(options: SignedCookieOptions = {}): Storage {
  return { codec: (keys, clock) => new FlaskCookie(keys, { ...options, clock }) };
}

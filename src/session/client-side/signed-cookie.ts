import { FlaskCookie, type FlaskCookieOptions } from "../../codec/index.ts";
import { CookieKeeping } from "./cookie-keeping.ts";
import { checkRevocation, type CookieStorageOptions, openCookieStorage } from "./cookie-storage.ts";
import type { Storage } from "../storage.ts";

/** What an application may choose of Flask's format, and of how sessions end. */
export interface SignedCookieOptions extends Omit<FlaskCookieOptions, "clock">, CookieStorageOptions {}

/**
 * Sessions in a signed cookie, in Flask's format. Nobody can change them without the secret key, and everybody who holds
 * the cookie can read them, so keep no secrets in it. The browser keeps the data, so there is nothing to store and nothing
 * to clean up; but of two parallel responses the last one wins, and a copied cookie stays good until it expires, unless there is a store for
 * `revocation`.
 *
 * @example createSessions({ secretKey: process.env.SECRET_KEY, storage: signedCookie() })
 * @throws ConfigError for a store that cannot revoke sessions
 */
export function signedCookie(options: SignedCookieOptions = {}): Storage {
  const { revocation, ...format } = options;
  checkRevocation(revocation);
  return {
    needsKey: true,
    open(setup) {
      const { keys, timing } = setup;
      // Under Flask's rules sessions without a key can be read, as empty ones.
      if (keys.length === 0)
        return {
          program: "Flask",
          json: { stringify: () => "{}" },
          keep: (settings, cookie) => new CookieKeeping(settings, undefined, cookie, undefined),
        };
      const codec = new FlaskCookie(keys, { ...format, clock: timing.clock });
      return { program: "Flask", json: codec, ...openCookieStorage(codec, options, setup) };
    },
  };
}

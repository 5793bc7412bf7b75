import { FlaskCookie, type FlaskCookieOptions } from "../../codec/index.ts";
import { CookieAdoption } from "./cookie-adoption.ts";
import { CookieKeeping } from "./cookie-keeping.ts";
import type { Storage } from "../storage.ts";

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
  return {
    needsKey: true,
    open({ keys, timing, events, accept }) {
      // Under Flask's rules sessions without a key can be read, as empty ones.
      const codec =
        keys.length === 0 ? undefined : new FlaskCookie(keys, { ...options, clock: timing.clock });
      const adoption =
        codec && accept.length > 0 ? new CookieAdoption(accept, codec, timing, events) : undefined;
      return {
        program: "Flask",
        json: codec ?? { stringify: () => "{}" },
        keep: (settings, cookie) => new CookieKeeping(settings, codec, cookie, adoption),
      };
    },
  };
}

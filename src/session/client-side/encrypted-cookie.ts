import { EncryptedCookie, type EncryptedCookieOptions } from "../../codec/index.ts";
import { CookieAdoption } from "./cookie-adoption.ts";
import { CookieKeeping } from "./cookie-keeping.ts";
import type { Storage } from "../storage.ts";

/** What an application may choose of the encrypted cookie. */
export type EncryptedCookieStorageOptions = Omit<EncryptedCookieOptions, "clock">;

/**
 * Sessions in an encrypted cookie: the default. Nobody can read or change them without the secret key, and the cookie is good for nothing
 * else. The browser keeps the data, so there is nothing to store and nothing to clean up; but of two parallel responses
 * the last one wins, and a copied cookie stays good until it expires.
 *
 * @example createSessions({ secretKey: process.env.SECRET_KEY })
 */
export function encryptedCookie(options: EncryptedCookieStorageOptions = {}): Storage {
  return {
    needsKey: true,
    open({ keys, timing, events, accept }) {
      const codec = new EncryptedCookie(keys, { ...options, clock: timing.clock });
      const adoption = accept.length > 0 ? new CookieAdoption(accept, codec, timing, events) : undefined;
      return {
        json: codec,
        keep: (settings, cookie) => new CookieKeeping(settings, codec, cookie, adoption),
      };
    },
  };
}

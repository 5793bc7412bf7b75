import { EncryptedCookie, type EncryptedCookieOptions } from "../../codec/index.ts";
import { MAX_CHUNKS } from "../../cookie/chunks.ts";
import { ConfigError } from "../../errors.ts";
import { checkRevocation, type CookieStorageOptions, openCookieStorage } from "./cookie-storage.ts";
import type { Storage } from "../storage.ts";

/** What an application may choose of the encrypted cookie. */
export interface EncryptedCookieStorageOptions
  extends Omit<EncryptedCookieOptions, "clock">, CookieStorageOptions {
  /**
   * How many cookies a session may take that is too large for one: 1 to 4. Default: 1. All of them come with every request, and
   * servers limit that: 8 KiB, which two full ones are, is more than nginx takes unless it is told to.
   */
  readonly maxCookies?: number;
}

/**
 * Sessions in an encrypted cookie: the default. Nobody can read or change them without the secret key, and the cookie is good for nothing
 * else. The browser keeps the data, so there is nothing to store and nothing to clean up; but of two parallel responses
 * the last one wins, and a copied cookie stays good until it expires, unless there is a store for `revocation`.
 *
 * @example createSessions({ secretKey: process.env.SECRET_KEY })
 * @throws ConfigError for another number of cookies than 1 to 4, and for a store that cannot revoke sessions
 */
export function encryptedCookie(options: EncryptedCookieStorageOptions = {}): Storage {
  const { maxCookies = 1, revocation, ...format } = options;
  checkRevocation(revocation);
  if (!Number.isInteger(maxCookies) || maxCookies < 1 || maxCookies > MAX_CHUNKS)
    throw new ConfigError(
      `A session in cookies takes 1 to ${MAX_CHUNKS} of them (maxCookies). Keep larger ones on the server: serverSide(store).`,
    );
  return {
    needsKey: true,
    open(setup) {
      const { keys, timing } = setup;
      const codec = new EncryptedCookie(keys, { ...format, clock: timing.clock });
      return { json: codec, maxCookies, ...openCookieStorage(codec, options, setup) };
    },
  };
}

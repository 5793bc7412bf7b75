import { EncryptedCookie } from "../../codec/index.ts";
import { ConfigError } from "../../errors.ts";
import type { Storage } from "../storage.ts";
import type { SessionStore } from "../store.ts";
import { CookieCopies } from "./cookie-copies.ts";
import { inStore, type ServerSideOptions } from "./server-side.ts";

/** What `hybrid` is told beside its store. */
export interface HybridOptions extends ServerSideOptions {
  /**
   * For how many seconds a session is read from its cookie, without the store; counted from when the store was asked. So late can a request
   * that only reads see what another one wrote or ended. At most a tenth of the idle time; no default, since it is a promise to your users:
   * after a logout a copy of the cookie may read that much longer.
   */
  readonly maxAge: number;
  /** The most bytes of a session's JSON that are copied into a cookie; each request asks the store for a larger one. Default: 2048, in a cookie of 3 KB. */
  readonly above?: number;
}

/** More would not fit into a cookie. */
const MOST = 2700;

/**
 * Sessions in a store, as with `serverSide`, and copies of small ones in an encrypted cookie too, so that reading them asks the store once in
 * `maxAge` seconds. Writes ask it always: nothing is lost when requests write the same session at the same time, and none writes a session that has ended.
 *
 * @example createSessions({ secretKey: process.env.SECRET_KEY, storage: hybrid(new RedisStore(redis), { maxAge: 10 }) })
 * @throws ConfigError
 */
export function hybrid(store: SessionStore, options: HybridOptions): Storage {
  const { maxAge, above = 2048, ...rest } = options ?? {};
  if (!(maxAge > 0 && maxAge < Infinity))
    throw new ConfigError("hybrid needs maxAge: for how many seconds a session is read from its cookie.");
  if (!Number.isInteger(above) || above < 1 || above > MOST)
    throw new ConfigError(
      `above must be a whole number of bytes, at most ${MOST}: no more fits into a cookie.`,
    );
  return inStore(store, rest, true, ({ keys, timing, events }, texts) => {
    const { clock, idleTimeout } = timing;
    if (idleTimeout !== undefined && maxAge > idleTimeout / 10)
      throw new ConfigError("maxAge must be at most a tenth of idleTimeout, or sessions in use would end.");
    const { tags } = rest;
    const codec = new EncryptedCookie(keys, { application: "hybrid", clock, ...(tags && { tags }) });
    return new CookieCopies(codec, texts, timing, events, maxAge, above);
  });
}

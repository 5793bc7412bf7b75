import type { Clock } from "../clock.ts";
import type { Dict } from "../codec/index.ts";
import type { SecretKey } from "../signer/index.ts";
import type { AcceptedFormat } from "./accepted-format.ts";
import type { SessionCookieOptions } from "./cookie-settings.ts";
import type { FlaskRules } from "./flask-rules.ts";
import type { StandardSchema } from "./schema.ts";
import type { Storage } from "./storage.ts";

/** What `createSessions` is told. All of it has defaults, but for the key. */
export interface SessionOptions<Data extends object = Dict, CookieName extends string = string> {
  /**
   * Signs every session: at least 16 random bytes, better 32, from
   * `npx hipflask secret make`. A string stands for its UTF-8 bytes.
   */
  readonly secretKey?: SecretKey | undefined;
  /** Earlier keys, still accepted; sessions signed with them are signed anew when they are used. `undefined` entries are skipped. */
  readonly secretKeyFallbacks?: readonly (SecretKey | undefined)[] | undefined;
  /** Where sessions are kept. Default: `encryptedCookie()`. */
  readonly storage?: Storage | undefined;
  /** Types `session.data`, checks what was stored and fills in defaults: any Standard Schema. Must accept `{}`. Default: any dict. */
  readonly schema?: StandardSchema<Data> | undefined;
  /** Seconds a session lasts at most, counted from its creation, however much it is used: 1 to 3,155,760,000, a hundred years. Default: 14 days. */
  readonly lifetime?: number | undefined;
  /**
   * Seconds a session may stay unused before it ends, counted from the last request that used it, give or take a tenth:
   * it is renewed at most ten times per idle time. Default: no idle limit.
   */
  readonly idleTimeout?: number | undefined;
  /** The session cookie's name and attributes. Default: those of {@link SessionCookieOptions}. */
  readonly cookie?: SessionCookieOptions<CookieName> | undefined;
  /**
   * Sessions of other programs that are taken over when their visitors come, so that a migration logs nobody out: the formats of
   * `hipflask/migrate` and `hipflask/flask`. Default: none.
   */
  readonly accept?: readonly AcceptedFormat[] | undefined;
  /**
   * Whether `sessions.current()` works. It needs an AsyncLocalStorage, which makes every promise of a process on Node 20 and
   * 22 a little slower; on Node 24 it costs next to nothing. Default: true.
   */
  readonly ambient?: boolean | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Flask's own rules instead of ours; made by `flaskConfig` of `hipflask/flask`. */
  readonly flask?: FlaskRules | undefined;
}

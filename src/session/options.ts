import { type Clock, systemClock } from "../clock.ts";
import type { Dict } from "../codec/index.ts";
import { ConfigError } from "../errors.ts";
import type { SecretKey } from "../signer/index.ts";
import type { AcceptedFormat } from "./accepted-format.ts";
import type { CookieTemplate, SessionCookieOptions } from "./cookie-settings.ts";
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
  /** Seconds a session lasts at most, counted from its creation, however much it is used. Default: 14 days. */
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

/** What Flask does otherwise than this library does by default. */
export interface FlaskRules {
  readonly cookie: CookieTemplate;
  /** `SESSION_REFRESH_EACH_REQUEST`: a permanent session's cookie goes out with every response. */
  readonly refreshEachRequest: boolean;
  /**
   * `SESSION_PERMANENT`, where sessions are in a store of Flask-Session's: what `_permanent` is in a new session. A session that
   * holds nothing else is none, and one that is emptied keeps it. Undefined for Flask's own sessions.
   */
  readonly permanent?: boolean | undefined;
}

const DEFAULT_LIFETIME = 14 * 24 * 60 * 60;

/** Durations and clock, checked and with their defaults. */
export interface Timing {
  readonly clock: Clock;
  readonly lifetime: number;
  readonly idleTimeout: number | undefined;
}

/** @throws ConfigError for a duration that is no positive whole number of seconds */
export function timing(
  options: Pick<SessionOptions, "clock" | "lifetime" | "idleTimeout" | "flask">,
): Timing {
  const { clock = systemClock, lifetime = DEFAULT_LIFETIME, idleTimeout } = options;
  // Flask allows a lifetime of 0: sessions that end within the second.
  checkSeconds("lifetime", lifetime, options.flask === undefined ? 1 : 0);
  if (idleTimeout !== undefined) checkSeconds("idleTimeout", idleTimeout, 1);
  return { clock, lifetime, idleTimeout };
}

function checkSeconds(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new ConfigError(`${name} must be a whole number of seconds, at least ${least}.`);
  }
}

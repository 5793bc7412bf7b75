import { ConfigError } from "../errors.ts";
import { type AcceptedFormat, acceptedFlaskSession } from "../session/index.ts";
import { flaskSessionOptions, sessionCookie, signingKeys } from "./config.ts";
import type { FlaskConfig } from "./config-keys.ts";
import { flaskSessionStore } from "./session-type.ts";

/**
 * Takes the sessions of a Flask-Session over, one by one as their visitors come, so that leaving it logs nobody out. A session that was
 * taken over is gone from Flask-Session's store before its visitor gets an answer, so Python must not go on beside it.
 *
 * @param config that of the Python app
 * @example
 * const sessions = createSessions({
 *   storage: serverSide(new RedisStore(redis)),
 *   accept: [acceptFlaskSession({ SESSION_TYPE: "redis", SESSION_REDIS: redis, SESSION_READ_PICKLE: true })],
 * });
 * @throws ConfigError for what cannot be honoured
 */
export function acceptFlaskSession(config: FlaskConfig): AcceptedFormat {
  const store = flaskSessionStore(config);
  if (store === undefined)
    throw new ConfigError(
      "acceptFlaskSession needs a SESSION_TYPE: where the Python app keeps its sessions.",
    );
  const options = flaskSessionOptions(config);
  const keys = options.useSigner ? signingKeys(config) : undefined;
  return acceptedFlaskSession(store, options, sessionCookie(config), keys);
}

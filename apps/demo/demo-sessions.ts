import { createSessions, type SessionManager } from "hipflask";
import { flaskConfig } from "hipflask/flask";
import type { SecretKeys } from "./secret.ts";

/** Seconds after its signing that a session cookie is accepted: Flask's default, 31 days. */
export const LIFETIME = 31 * 24 * 60 * 60;

/** Flask's sessions: a Flask application with the same `SECRET_KEY`, on the same host, reads and writes the same ones. */
export function createDemoSessions(
  keys: Pick<SecretKeys, "secretKey" | "secretKeyFallbacks">,
): SessionManager {
  return createSessions(
    flaskConfig({
      SECRET_KEY: keys.secretKey,
      SECRET_KEY_FALLBACKS: keys.secretKeyFallbacks,
      SESSION_COOKIE_SAMESITE: "Lax",
      PERMANENT_SESSION_LIFETIME: LIFETIME,
    }),
  );
}

import {
  createSessions,
  encryptedCookie,
  serverSide,
  type SessionManager,
  type SessionStore,
} from "hipflask";
import { flaskConfig } from "hipflask/flask";
import type { SecretKeys } from "./secret.ts";

/** Seconds that a session lasts at most: Flask's default, 31 days. */
export const LIFETIME = 31 * 24 * 60 * 60;

/** Seconds after which a session that Flask knows nothing of ends when nobody uses it. */
const IDLE_TIMEOUT = 30 * 60;

/** A place to keep sessions in, and the sessions that are there. */
export interface Place {
  /** `signed`, `encrypted`, or the store's name. */
  readonly name: string;
  readonly kind: "signed" | "encrypted" | "server";
  readonly sessions: SessionManager;
  /** Where sessions are on the server. */
  readonly store?: SessionStore;
  /** Where they are signed. */
  readonly secretKey?: string;
}

type Keys = Pick<SecretKeys, "secretKey" | "secretKeyFallbacks">;

/** Flask's sessions: a Flask application with the same `SECRET_KEY`, on the same host, reads and writes the same ones. */
export function signedPlace({ secretKey, secretKeyFallbacks }: Keys): Place {
  const sessions = createSessions(
    flaskConfig({
      SECRET_KEY: secretKey,
      SECRET_KEY_FALLBACKS: secretKeyFallbacks,
      SESSION_COOKIE_SAMESITE: "Lax",
      PERMANENT_SESSION_LIFETIME: LIFETIME,
    }),
  );
  return { name: "signed", kind: "signed", sessions, secretKey };
}

/** Sessions in a cookie that the server alone can read. */
export function encryptedPlace({ secretKey, secretKeyFallbacks }: Keys): Place {
  const storage = encryptedCookie();
  const options = { secretKey, secretKeyFallbacks, lifetime: LIFETIME, idleTimeout: IDLE_TIMEOUT };
  return { name: "encrypted", kind: "encrypted", sessions: createSessions({ ...options, storage }) };
}

/** Sessions in a store. They need no secret key: the cookie holds an ID, which proves nothing but itself. */
export function storedPlace(name: string, store: SessionStore): Place {
  const storage = serverSide(store, { cleanEvery: 10 * 60 });
  const sessions = createSessions({ storage, lifetime: LIFETIME, idleTimeout: IDLE_TIMEOUT });
  return { name, kind: "server", sessions, store };
}

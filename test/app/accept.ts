import { createRequire } from "node:module";
import type { AcceptedFormat } from "hipflask";
import { acceptFlask, acceptFlaskSession } from "hipflask/flask";
import {
  acceptCookieSession,
  acceptExpressSession,
  acceptHonoSessions,
  acceptIronSession,
  acceptJwt,
  acceptSecureSession,
  type OldData,
  type OldExpressStore,
} from "hipflask/migrate";
import { CLIENTS } from "../../apps/demo/clients.ts";
import { FLASK_STORES } from "../../apps/demo/flask-stores.ts";
import { choice, type Environment, known, list, UsageError } from "./environment.ts";

interface Old {
  /** `SECRET_KEY`: every library's own secret. */
  readonly secret: string;
  /** Undefined: the library's default. */
  readonly cookie: string | undefined;
  readonly env: Environment;
}

/**
 * The formats in `ACCEPT`, between commas, each with the old cookie's name after a colon where it is not the library's default
 * (`iron-session:app`; iron-session and jwt, which have none: `iron-session` and `token`). Old data's `user` is who is logged in; of a
 * JWT the `sub`.
 *
 * @throws UsageError | ConfigError
 */
export function acceptedFormats(env: Environment, secret: string): Promise<AcceptedFormat[]> {
  return Promise.all(
    list(env, "ACCEPT").map((entry) => {
      const [name = "", cookie] = entry.split(":");
      return FORMATS[known("ACCEPT", name, FORMATS)]({ secret, cookie, env });
    }),
  );
}

const FORMATS = {
  flask: async ({ secret, cookie }: Old) =>
    acceptFlask({ SECRET_KEY: secret, ...(cookie && { SESSION_COOKIE_NAME: cookie }) }),

  "flask-session": async ({ secret, cookie, env }: Old) =>
    acceptFlaskSession({
      SECRET_KEY: secret,
      SESSION_READ_PICKLE: true,
      ...(cookie && { SESSION_COOKIE_NAME: cookie }),
      ...(await FLASK_STORES[choice(env, "ACCEPT_STORE", "redis", FLASK_STORES)](url(env))),
    }),

  "express-session": async ({ secret, cookie, env }: Old) =>
    acceptExpressSession({
      secret,
      user,
      store: await EXPRESS_STORES[choice(env, "ACCEPT_STORE", "redis", EXPRESS_STORES)](url(env)),
      ...(cookie && { cookie }),
    }),

  "cookie-session": async ({ secret, cookie }: Old) =>
    acceptCookieSession({ keys: [secret], user, ...(cookie && { cookie }) }),

  "fastify-secure-session": async ({ secret, cookie }: Old) =>
    acceptSecureSession({ secret, sodium: sodium(), user, ...(cookie && { cookie }) }),

  "iron-session": async ({ secret, cookie = "iron-session" }: Old) =>
    acceptIronSession({ password: secret, cookie, user }),

  "hono-sessions": async ({ secret, cookie }: Old) =>
    acceptHonoSessions({ encryptionKey: secret, user, ...(cookie && { cookie }) }),

  jwt: async ({ secret, cookie = "token" }: Old) => acceptJwt({ algorithm: "HS256", key: secret, cookie }),
};

const EXPRESS_STORES = {
  redis: async (place?: string): Promise<OldExpressStore> => {
    const { RedisStore } = await import("connect-redis");
    return new RedisStore({ client: await CLIENTS.redis(place) });
  },
};

function url(env: Environment): string | undefined {
  return env["ACCEPT_STORE_URL"] || undefined;
}

function user(data: OldData): string | undefined {
  return typeof data["user"] === "string" ? data["user"] : undefined;
}

/** It is installed with the libraries of test/migrate. */
function sodium() {
  try {
    return createRequire(new URL("../migrate/package.json", import.meta.url))("sodium-native");
  } catch {
    throw new UsageError("ACCEPT=fastify-secure-session needs sodium-native: npm ci --prefix test/migrate.");
  }
}

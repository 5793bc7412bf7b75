import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  type AcceptedFormat,
  createSessions,
  encryptedCookie,
  hybrid,
  serverSide,
  type SessionManager,
  type SessionStore,
  signedCookie,
  type Storage,
} from "hipflask";
import { type FlaskConfig, flaskConfig } from "hipflask/flask";
import { createLogin, type Login, type LoginOptions, type RememberStore } from "hipflask/login";
import { MemoryStore } from "hipflask/stores/memory";
import { type AdapterName, LISTENERS } from "./adapters.ts";
import { choice, type Environment, list, number, UsageError } from "./environment.ts";
import { FRAMEWORKS } from "./frameworks.ts";
import type { User } from "./login-routes.ts";
import { FLASK_STORES } from "../../apps/demo/flask-stores.ts";
import { STORES } from "../../apps/demo/stores.ts";

/** What the app is, by its environment: docs/conformance.md. */
export interface Settings {
  readonly adapter: AdapterName;
  readonly protocol: "http1" | "http2";
  readonly port: number;
  readonly sessions: SessionManager;
  readonly login: Login<User>;
}

/** Sessions, and what logins go with them. */
interface Kept {
  readonly sessions: SessionManager;
  readonly login: Pick<LoginOptions<User>, "flask" | "remember">;
}

/** @throws UsageError | ConfigError */
export async function readSettings(env: Environment): Promise<Settings> {
  const adapter = choice(env, "ADAPTER", "web", { ...LISTENERS, ...FRAMEWORKS });
  const storage = choice(env, "STORAGE", "signed", STORAGES);
  if (env["REVOCATION"] && storage !== "encrypted" && storage !== "signed")
    throw new UsageError("REVOCATION is for STORAGE=encrypted and STORAGE=signed.");
  if (env["ACCEPT"] && storage === "flask") throw new UsageError("ACCEPT is not for STORAGE=flask.");
  const port = number(env, "PORT") ?? 0;
  if (port > 65_535) throw new UsageError("PORT must be at most 65535.");
  const { sessions, login } = await STORAGES[storage](env);
  return {
    adapter,
    protocol: env["HTTP2"] === "1" ? "http2" : "http1",
    port,
    sessions,
    login: createLogin<User>(sessions, { loadUser: (id) => ({ id }), ...login }),
  };
}

const STORAGES = {
  encrypted: (env: Environment) => inCookies(env, encryptedCookie),
  signed: (env: Environment) => inCookies(env, signedCookie),
  server: async (env: Environment) => {
    if (choice(env, "LAYOUT", "native", LAYOUTS) === "flask-session") return flaskSession(env);
    const store = await openStore(env, "STORE", "memory");
    return native(env, serverSide(store), store);
  },
  hybrid: async (env: Environment) => {
    const store = await openStore(env, "STORE", "memory");
    return native(env, hybrid(store, { maxAge: number(env, "MAX_AGE") ?? 5 }), store);
  },
  flask: async (env: Environment) => (env["LAYOUT"] === "flask-session" ? flaskSession(env) : flask(env, {})),
};

async function inCookies(
  env: Environment,
  storage: (options: { revocation?: SessionStore }) => Storage,
): Promise<Kept> {
  if (!env["REVOCATION"]) return native(env, storage({}), undefined);
  const revocation = await openStore(env, "REVOCATION", "memory");
  return native(env, storage({ revocation }), revocation);
}

function openStore(
  env: Environment,
  variable: "STORE" | "REVOCATION",
  otherwise: "memory",
): Promise<SessionStore> {
  return STORES[choice(env, variable, otherwise, STORES)](env["STORE_URL"] || undefined);
}

/** @param store where remembered logins may be, too */
async function native(env: Environment, storage: Storage, store: SessionStore | undefined): Promise<Kept> {
  const secret = secretKey(env);
  const sessions = createSessions({
    secretKey: secret,
    secretKeyFallbacks: list(env, "SECRET_KEY_FALLBACKS"),
    storage,
    accept: await accepted(env, secret),
    lifetime: number(env, "LIFETIME"),
    idleTimeout: number(env, "IDLE_TIMEOUT"),
    clock: fileClock(env["CLOCK_FILE"]),
  });
  const remember = store?.deleteOwned === undefined ? new MemoryStore() : (store as RememberStore);
  return { sessions, login: { remember: { store: remember } } };
}

/** All these formats are loaded only where they are asked for. */
async function accepted(env: Environment, secret: string): Promise<AcceptedFormat[]> {
  if (!env["ACCEPT"]) return [];
  const { acceptedFormats } = await import("./accept.ts");
  return acceptedFormats(env, secret);
}

const LAYOUTS = { native: true, "flask-session": true };

/** Sessions in Flask-Session's layout; `FORMAT` is its SESSION_SERIALIZATION_FORMAT. */
async function flaskSession(env: Environment): Promise<Kept> {
  const store = choice(env, "STORE", "file", FLASK_STORES);
  const format = choice(env, "FORMAT", "msgpack", { msgpack: true, json: true, pickle: true });
  return flask(env, {
    SESSION_SERIALIZATION_FORMAT: format,
    ...(await FLASK_STORES[store](env["STORE_URL"] || undefined)),
  });
}

function flask(env: Environment, config: FlaskConfig): Kept {
  const whole = {
    SECRET_KEY: secretKey(env),
    SECRET_KEY_FALLBACKS: list(env, "SECRET_KEY_FALLBACKS"),
    PERMANENT_SESSION_LIFETIME: number(env, "LIFETIME"),
    ...config,
  };
  const sessions = createSessions({ ...flaskConfig(whole), clock: fileClock(env["CLOCK_FILE"]) });
  return { sessions, login: { flask: whole } };
}

function secretKey(env: Environment): string {
  return env["SECRET_KEY"] || randomBytes(32).toString("base64url");
}

/** The machine's clock, moved by as many seconds as the file says at that moment. */
function fileClock(file: string | undefined): { now(): number } {
  return { now: () => Date.now() + (file === undefined ? 0 : 1000 * offset(file)) };
}

function offset(file: string): number {
  try {
    return Number(readFileSync(file, "utf8")) || 0;
  } catch {
    return 0;
  }
}

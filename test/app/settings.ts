import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  createSessions,
  encryptedCookie,
  serverSide,
  type SessionManager,
  signedCookie,
  type Storage,
} from "hipflask";
import { type FlaskConfig, flaskConfig } from "hipflask/flask";
import { type AdapterName, LISTENERS } from "./adapters.ts";
import { FRAMEWORKS } from "./frameworks.ts";
import { FLASK_STORES } from "../../apps/demo/flask-stores.ts";
import { STORES } from "../../apps/demo/stores.ts";

/** The environment asks for something that there is not. */
export class UsageError extends Error {}

export interface Settings {
  readonly adapter: AdapterName;
  readonly protocol: "http1" | "http2";
  readonly port: number;
  readonly sessions: SessionManager;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws UsageError | ConfigError */
export async function readSettings(env: Environment): Promise<Settings> {
  return {
    adapter: choice(env, "ADAPTER", "web", { ...LISTENERS, ...FRAMEWORKS }),
    protocol: env["HTTP2"] === "1" ? "http2" : "http1",
    port: number(env, "PORT") ?? 0,
    sessions: await STORAGES[choice(env, "STORAGE", "signed", STORAGES)](env),
  };
}

const STORAGES = {
  encrypted: (env: Environment) => native(env, encryptedCookie()),
  signed: (env: Environment) => native(env, signedCookie()),
  server: async (env: Environment) => {
    if (choice(env, "LAYOUT", "native", LAYOUTS) === "flask-session") return flaskSession(env);
    const store = await STORES[choice(env, "STORE", "memory", STORES)](env["STORE_URL"] || undefined);
    return native(env, serverSide(store));
  },
  flask: (env: Environment) => (env["LAYOUT"] === "flask-session" ? flaskSession(env) : flask(env, {})),
};

function native(env: Environment, storage: Storage): SessionManager {
  return createSessions({
    secretKey: secretKey(env),
    secretKeyFallbacks: fallbacks(env),
    storage,
    lifetime: number(env, "LIFETIME"),
    idleTimeout: number(env, "IDLE_TIMEOUT"),
    clock: fileClock(env["CLOCK_FILE"]),
  });
}

const LAYOUTS = { native: true, "flask-session": true };

/** Sessions in Flask-Session's layout; `FORMAT` is its SESSION_SERIALIZATION_FORMAT. */
async function flaskSession(env: Environment): Promise<SessionManager> {
  const store = choice(env, "STORE", "file", FLASK_STORES);
  const format = choice(env, "FORMAT", "msgpack", { msgpack: true, json: true, pickle: true });
  return flask(env, {
    SESSION_SERIALIZATION_FORMAT: format,
    ...(await FLASK_STORES[store](env["STORE_URL"] || undefined)),
  });
}

function flask(env: Environment, config: FlaskConfig): SessionManager {
  return createSessions({
    ...flaskConfig({
      SECRET_KEY: secretKey(env),
      SECRET_KEY_FALLBACKS: fallbacks(env),
      PERMANENT_SESSION_LIFETIME: number(env, "LIFETIME"),
      ...config,
    }),
    clock: fileClock(env["CLOCK_FILE"]),
  });
}

function secretKey(env: Environment): string {
  return env["SECRET_KEY"] || randomBytes(32).toString("base64url");
}

function fallbacks(env: Environment): string[] {
  return (env["SECRET_KEY_FALLBACKS"] ?? "").split(",").filter((key) => key !== "");
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

function number(env: Environment, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  if (!/^\d+$/.test(text)) throw new UsageError(`${name} must be a whole number.`);
  return Number(text);
}

function choice<Choices extends object>(
  env: Environment,
  name: string,
  otherwise: keyof Choices & string,
  choices: Choices,
) {
  const chosen = env[name] || otherwise;
  if (Object.hasOwn(choices, chosen)) return chosen as keyof Choices;
  throw new UsageError(`${name}=${chosen} is not known. Known: ${Object.keys(choices).join(", ")}.`);
}

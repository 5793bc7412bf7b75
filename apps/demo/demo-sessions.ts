import { mkdirSync } from "node:fs";
import { createSessions, serverSide, type SessionManager, type SessionStore } from "hipflask";
import { flaskConfig } from "hipflask/flask";
import { KEY_FILE, type SecretKeys, secretKeys } from "./secret.ts";
import { STORES } from "./stores.ts";

/** Seconds that a session lasts at most: Flask's default, 31 days. */
export const LIFETIME = 31 * 24 * 60 * 60;

/** Seconds after which a session on the server ends when nobody uses it. */
const IDLE_TIMEOUT = 30 * 60;

/** Where sessions on the server are. */
export interface Keeper {
  /** As `STORE` names it. */
  readonly name: string;
  readonly store: SessionStore;
}

export interface DemoSessions {
  readonly sessions: SessionManager;
  /** Undefined where sessions are in their cookies. */
  readonly keeper?: Keeper;
  /** What the person who started the demo should know. */
  readonly note?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The sessions that `STORAGE`, `STORE` and `STORE_URL` ask for. @throws Error that says what to do */
export async function demoSessions(env: Environment, folder: string): Promise<DemoSessions> {
  return STORAGES[choice(env, "STORAGE", "signed", STORAGES)](env, folder);
}

const STORAGES = {
  signed(env: Environment, folder: string): DemoSessions {
    const keys = secretKeys(env, folder);
    const sessions = createDemoSessions(keys);
    return keys.generated
      ? { sessions, note: `A secret key was generated and kept in ${KEY_FILE}` }
      : { sessions };
  },
  async server(env: Environment, folder: string): Promise<DemoSessions> {
    const name = choice(env, "STORE", "memory", STORES);
    const keeper = { name, store: await openStore(name, env["STORE_URL"] || placeOf(name, folder)) };
    return { sessions: createStoredSessions(keeper), keeper, note: `Sessions are on the server: ${name}` };
  },
};

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

/** Sessions in a store. They need no secret key: the cookie holds an ID, which proves nothing but itself. */
export function createStoredSessions({ store }: Pick<Keeper, "store">): SessionManager {
  return createSessions({
    storage: serverSide(store, { cleanEvery: 10 * 60 }),
    lifetime: LIFETIME,
    idleTimeout: IDLE_TIMEOUT,
  });
}

/** Milliseconds that a store may take to answer at the start. */
const START_TIMEOUT = 5000;

async function openStore(name: keyof typeof STORES, place: string | undefined): Promise<SessionStore> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), START_TIMEOUT);
  });
  try {
    return await Promise.race([STORES[name](place).then(answering), late]);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(
      `STORE=${name} cannot be used (${code || message || "it does not say why"}). Does it run, and is STORE_URL right?`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Some clients connect only when they are asked for something. */
async function answering(store: SessionStore): Promise<SessionStore> {
  await store.load({ id: "A".repeat(43), owner: undefined }, new Date());
  return store;
}

/** Where the stores that need no server of their own keep sessions, so that these outlive a restart; git ignores it. */
function placeOf(name: keyof typeof STORES, folder: string): string | undefined {
  if (name !== "file" && name !== "sqlite") return undefined;
  const home = `${folder}/.hipflask`;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return name === "file" ? `${home}/sessions` : `${home}/sessions.db`;
}

function choice<Choices extends object>(
  env: Environment,
  name: string,
  otherwise: keyof Choices & string,
  choices: Choices,
): keyof Choices {
  const chosen = env[name] || otherwise;
  if (Object.hasOwn(choices, chosen)) return chosen as keyof Choices;
  throw new Error(`${name}=${chosen} is not known. Known: ${Object.keys(choices).join(", ")}.`);
}

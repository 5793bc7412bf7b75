import type { SessionStore } from "hipflask";
import type { SqliteDatabase } from "hipflask/stores/sqlite";
import { Accounts } from "./accounts/accounts.ts";
import { Logins } from "./accounts/logins.ts";
import { CLIENTS, hasSqlite, NoSqlite } from "./clients.ts";
import { Passwords } from "./passwords.ts";
import { encryptedPlace, type Place, signedPlace, storedPlace } from "./place.ts";
import { Places } from "./places.ts";
import { homeOf, KEY_FILE, type SecretKeys, secretKeys } from "./secret.ts";
import { STORES } from "./stores.ts";

/** What the demo is made of. */
export interface Demo {
  readonly places: Places;
  readonly accounts: Accounts;
  readonly logins: Logins;
  readonly passwords: Passwords;
}

export type Environment = Readonly<Record<string, string | undefined>>;
type StoreName = keyof typeof STORES;

/** Stores that need no server of their own. */
const LOCAL: readonly StoreName[] = ["memory", "file", "sqlite"];

/**
 * The demo that `STORAGE`, `STORE` and `STORE_URL` ask for: that is where sessions are at first. Visitors may choose another place: cookies, the
 * stores that need no server, and those whose address is known, by `REDIS_URL` for example.
 *
 * @returns it, and what the person who started it should know
 * @throws Error that says what to do
 */
export async function openDemo(
  env: Environment,
  folder: string,
): Promise<Demo & { readonly notes: readonly string[] }> {
  const storage = choice(env, "STORAGE", "signed", { signed: true, encrypted: true, server: true });
  const chosen = storage === "server" ? choice(env, "STORE", "memory", STORES) : undefined;
  const local = (await hasSqlite()) ? LOCAL : LOCAL.filter((name) => name !== "sqlite");
  let keys: SecretKeys | undefined;
  const openers = new Map<string, () => Promise<Place>>([
    ["signed", async () => signedPlace((keys ??= secretKeys(env, folder)))],
    ["encrypted", async () => encryptedPlace((keys ??= secretKeys(env, folder)))],
  ]);
  for (const name of Object.keys(STORES) as StoreName[]) {
    const url = (name === chosen && env["STORE_URL"]) || env[urlKey(name)];
    if (name !== chosen && !url && !local.includes(name)) continue;
    openers.set(name, async () => storedPlace(name, await openStore(name, url || placeOf(name, folder))));
  }
  const first = storage === "server" ? chosen! : storage;
  const places = new Places(openers, first);
  await places.open(first);
  // In a file beside the secret, which is made when an account is first asked for.
  const accounts = openAccounts(
    local === LOCAL ? () => CLIENTS.sqlite(`${homeOf(folder)}/accounts.db`) : undefined,
  );
  const notes = [
    ...(chosen === undefined ? keyNotes(keys) : [`Sessions are on the server: ${chosen}`]),
    ...(local === LOCAL ? [] : [new NoSqlite().message]),
  ];
  return { places, ...accounts, passwords: new Passwords(), notes };
}

/**
 * Accounts, and who is logged in with them.
 *
 * @param open opens their database, a connection for each call; undefined: there is no SQLite
 */
export function openAccounts(open?: () => Promise<SqliteDatabase>): Pick<Demo, "accounts" | "logins"> {
  const accounts = new Accounts(open);
  return { accounts, logins: new Logins(accounts, open) };
}

/** As `REDIS_URL`. */
function urlKey(name: string): string {
  return `${name.toUpperCase().replace("-", "_")}_URL`;
}

function keyNotes(keys: SecretKeys | undefined): string[] {
  return keys?.generated ? [`A secret key was generated and kept in ${KEY_FILE}`] : [];
}

/** Milliseconds that a store may take to answer at the start. */
const START_TIMEOUT = 5000;

async function openStore(name: StoreName, place: string | undefined): Promise<SessionStore> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), START_TIMEOUT);
  });
  try {
    return await Promise.race([STORES[name](place).then(answering), late]);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND") {
      const [, driver] = /package '([^']+)'/.exec(message) ?? [];
      throw new Error(`STORE=${name} needs ${driver}, which is not installed beside hipflask.`, {
        cause: error,
      });
    }
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
function placeOf(name: StoreName, folder: string): string | undefined {
  if (name === "file") return `${homeOf(folder)}/sessions`;
  return name === "sqlite" ? `${homeOf(folder)}/sessions.db` : undefined;
}

function choice<Choices extends object>(
  env: Environment,
  name: string,
  otherwise: keyof Choices & string,
  choices: Choices,
): keyof Choices & string {
  const chosen = env[name] || otherwise;
  if (Object.hasOwn(choices, chosen)) return chosen as keyof Choices & string;
  throw new Error(`${name}=${chosen} is not known. Known: ${Object.keys(choices).join(", ")}.`);
}

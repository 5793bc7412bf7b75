import { RememberSeries, type RememberStore } from "../../login/remember-series.ts";
import { createSessions, type SessionManager, type SessionStore, serverSide } from "../../session/index.ts";
import { readHandle } from "../../session/server-side/session-id.ts";
import { EXIT, type Io, print, UsageError } from "../io.ts";
import type { NamedKey } from "../keys.ts";
import { number } from "../progress.ts";
import { recordReader } from "./record.ts";

/** Seconds that a store may take to end a million sessions. */
const TIMEOUT = 600;

export interface RevokeOptions {
  readonly user?: readonly string[];
  readonly all?: true;
  readonly yes?: true;
  readonly json?: true;
}

/** Ends sessions as the application would: those that got a new ID a moment ago too. */
export async function revoke(
  store: SessionStore,
  keys: readonly NamedKey[] | undefined,
  handles: readonly string[],
  { user: users = [], all, yes, json }: RevokeOptions,
  io: Io,
): Promise<void> {
  if ([handles.length > 0, users.length > 0, all === true].filter(Boolean).length !== 1)
    throw new UsageError("Say which sessions to end: their handles, or --user, or --all.");
  if (all && !yes) throw new UsageError("This logs everybody out. Say --yes as well if you mean it.");
  if (handles.some((handle) => readHandle(handle) === undefined))
    throw new UsageError(
      "That is no handle. `sessions list` shows them, and `decode` tells a cookie's. Nothing was ended.",
    );
  await checkReadable(store, keys, handles);
  const sessions = managerOf(store, keys);
  if (all) return ended(await sessions.revokeAll(), json, io);
  let count = 0;
  for (const user of users) count += await sessions.forUser(user).revokeAll();
  for (const handle of handles) if (await sessions.revoke(handle)) count += 1;
  if (count < handles.length) io.exitCode = EXIT.bad;
  return ended(count, json, io);
}

/** What a session has become, and which login is remembered, stands in its record. @throws UsageError */
async function checkReadable(
  store: SessionStore,
  keys: readonly NamedKey[] | undefined,
  handles: readonly string[],
): Promise<void> {
  const read = recordReader(keys);
  for (const handle of handles) {
    const key = readHandle(handle)!;
    const record = await store.load(key, new Date());
    if (record !== undefined && read({ ...record, key }).content === undefined)
      throw new UsageError(
        "A record cannot be read: encrypted records need --encrypted and their key. Nothing was ended.",
      );
  }
}

function managerOf(store: SessionStore, keys: readonly NamedKey[] | undefined): SessionManager {
  const [secretKey, ...secretKeyFallbacks] = (keys ?? []).map(({ key }) => key);
  const sessions = createSessions({
    storage: serverSide(store, { timeout: TIMEOUT, encryptAtRest: keys !== undefined }),
    secretKey,
    secretKeyFallbacks,
    // How long a session lasts is the application's choice, and no session is too old to be ended.
    lifetime: 100 * 365 * 86_400,
    ambient: false,
  });
  // What would bring users back, where it is in the same store.
  if (store.deleteOwned !== undefined)
    sessions.remember(store, new RememberSeries(store as RememberStore, sessions.settings, TIMEOUT));
  return sessions;
}

async function ended(count: number, json: true | undefined, io: Io): Promise<void> {
  const text = `${number(count)} ${count === 1 ? "session" : "sessions"} ended.`;
  await print(io.stdout, json ? JSON.stringify({ ended: count }) : text);
}

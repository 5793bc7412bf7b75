import { type Tag, TaggedJson } from "../../codec/index.ts";
import { ConfigError } from "../../errors.ts";
import { AcceptedFormats } from "../accepted-formats.ts";
import { Adoption } from "./adoption.ts";
import { Cleaner } from "./cleaner.ts";
import type { CookieCopies } from "./cookie-copies.ts";
import { StoreGuard } from "./guarded-store.ts";
import { encryptedRecords, plainRecords } from "./record-codec.ts";
import { ServerKeeping } from "./server-keeping.ts";
import type { SessionTexts } from "../session-texts.ts";
import type { Storage, StorageSetup } from "../storage.ts";
import type { SessionStore } from "../store.ts";
import { StoredSessions } from "./stored-sessions.ts";

/** Seconds. No timer of JavaScript's takes much longer. */
const MAX_INTERVAL = 24 * 24 * 60 * 60;

/** What `serverSide` is told beside its store. */
export interface ServerSideOptions {
  /** Seconds that the store may take for one operation; then the request is answered with 503. Default: 1. */
  readonly timeout?: number;
  /** How many operations may be under way at once in this process; more are answered with 503. Default: 1000. */
  readonly maxPending?: number;
  /** How many sessions a user may have at once; a login beyond it ends the one that was not used for longest. Default: no limit. */
  readonly maxPerUser?: number;
  /** Encrypt what the store keeps, with the secret key (AES-256-GCM). Default: false. */
  readonly encryptAtRest?: boolean;
  /**
   * Seconds between two rounds in which records of sessions that have ended are removed from a store that does not do that itself; of several
   * processes one does it at a time. At most 24 days. Default: none; call `sessions.deleteExpired()` when it suits.
   */
  readonly cleanEvery?: number;
  /** The application's own types. */
  readonly tags?: readonly Tag[];
}

/**
 * Sessions in a store: the cookie holds nothing but an ID that nobody can guess. Nothing is lost when requests write the
 * same session at the same time, and a session that has ended stays so.
 *
 * @example createSessions({ storage: serverSide(new RedisStore(redis)) })
 */
export function serverSide(store: SessionStore, options: ServerSideOptions = {}): Storage {
  return inStore(store, options, options.encryptAtRest === true);
}

/**
 * Sessions in a store, with or without copies of them in cookies.
 *
 * @param needsKey whether there must be a secret key
 * @param copiesOf makes what reads and writes the copies
 */
export function inStore(
  store: SessionStore,
  options: ServerSideOptions,
  needsKey: boolean,
  copiesOf?: (setup: StorageSetup, texts: SessionTexts) => CookieCopies,
): Storage {
  const { timeout = 1, maxPending = 1000, maxPerUser, encryptAtRest = false, cleanEvery } = options;
  if (typeof (store as Partial<SessionStore> | undefined)?.load !== "function")
    throw new ConfigError("serverSide needs a store. Write serverSide(new MemoryStore()), or another one.");
  checkPositive("timeout", timeout);
  checkPositive("maxPending", maxPending);
  if (maxPerUser !== undefined) checkPositive("maxPerUser", maxPerUser);
  if (cleanEvery !== undefined) checkPositive("cleanEvery", cleanEvery);
  if (cleanEvery !== undefined && cleanEvery > MAX_INTERVAL)
    throw new ConfigError(`cleanEvery must be at most ${MAX_INTERVAL} seconds, which are 24 days.`);
  if (maxPerUser !== undefined && store.listOwned === undefined)
    throw new ConfigError("maxPerUser needs a store that can list a user's sessions.");
  return {
    needsKey,
    open(setup) {
      const { keys, timing, events, accept } = setup;
      const json = new TaggedJson(options.tags);
      const codec = encryptAtRest ? encryptedRecords(keys) : plainRecords;
      const guard = new StoreGuard(store, events, { timeout, maxPending });
      const stored = new StoredSessions(guard, codec, json, timing, events, maxPerUser);
      const adoption =
        accept.length === 0
          ? undefined
          : new Adoption(new AcceptedFormats(accept, events), stored, json, timing, events);
      const copies = copiesOf?.(setup, stored.texts);
      const cleaner = new Cleaner(guard, timing.clock);
      if (cleanEvery !== undefined) cleaner.every(cleanEvery);
      return {
        json,
        stored,
        hasCopies: copies !== undefined,
        deleteExpired: (limit) => cleaner.remove(limit),
        keep: (settings, cookie, userAgent) =>
          new ServerKeeping(settings, stored, cookie, userAgent, adoption, copies?.beside(cookie)),
      };
    },
  };
}

function checkPositive(name: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) throw new ConfigError(`${name} must be a number above 0.`);
}

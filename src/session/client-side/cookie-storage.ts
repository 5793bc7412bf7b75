import { type CookieCodec, type Tag, TaggedJson } from "../../codec/index.ts";
import { ConfigError } from "../../errors.ts";
import { Cleaner } from "../server-side/cleaner.ts";
import { StoreGuard } from "../server-side/guarded-store.ts";
import { plainRecords } from "../server-side/record-codec.ts";
import { StoredSessions } from "../server-side/stored-sessions.ts";
import type { OpenStorage, StorageSetup } from "../storage.ts";
import type { SessionStore } from "../store.ts";
import { CookieAdoption } from "./cookie-adoption.ts";
import { CookieKeeping } from "./cookie-keeping.ts";
import { RevocableKeeping } from "./revocable-keeping.ts";
import { Tickets } from "./tickets.ts";

/** What all sessions in cookies may have. */
export interface CookieStorageOptions {
  /**
   * Keeps, for each session, a ticket of about 100 bytes: ending the session deletes it, and a cookie without its ticket is no session, whoever
   * has a copy. Every request that uses a session asks the store once. Any store of hipflask's own but Memcached. Default: none, and a logout clears the
   * browser's cookie alone.
   */
  readonly revocation?: SessionStore;
  /** The application's own types. */
  readonly tags?: readonly Tag[];
}

/** Seconds that the store may take for one operation, and operations that may be under way at once. */
const LIMITS = { timeout: 1, maxPending: 1000 };

/** Sessions in cookies of this format. */
export function openCookieStorage(
  codec: CookieCodec,
  { revocation, tags }: CookieStorageOptions,
  { timing, events, accept, isFlask }: StorageSetup,
): Omit<OpenStorage, "json"> {
  const adoption = accept.length > 0 ? new CookieAdoption(accept, codec, timing, events) : undefined;
  if (revocation === undefined)
    return { keep: (settings, cookie) => new CookieKeeping(settings, codec, cookie, adoption) };
  if (isFlask)
    throw new ConfigError(
      "Flask would take a session that was revoked here. Leave revocation out, or keep sessions in a store that both ask: SESSION_TYPE.",
    );
  const guard = new StoreGuard(revocation, events, LIMITS);
  const stored = new StoredSessions(guard, plainRecords, new TaggedJson(tags), timing, events);
  const cleaner = new Cleaner(guard, timing.clock);
  const tickets = new Tickets(stored, timing, events);
  return {
    stored,
    deleteExpired: (limit) => cleaner.remove(limit),
    keep: (settings, cookie, userAgent) =>
      new RevocableKeeping(settings, codec, cookie, adoption, tickets, userAgent),
  };
}

/** @throws ConfigError for a store that cannot do it */
export function checkRevocation(store: SessionStore | undefined): void {
  if (store === undefined) return;
  if (typeof (store as Partial<SessionStore> | null)?.load !== "function")
    throw new ConfigError(
      "revocation needs a store. Write revocation: new RedisStore(client), or another one.",
    );
  if (store.deleteOwned === undefined || store.deleteAll === undefined)
    throw new ConfigError(
      "This store cannot end all sessions of a user, or all there are, so nothing could be revoked. Memcached also forgets sessions when its memory is full. Use another one of hipflask's own.",
    );
}

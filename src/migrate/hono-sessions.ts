import type { Dict } from "../codec/index.ts";
import { Tuple } from "../codec/index.ts";
import { decodedValue } from "../cookie/decoded-value.ts";
import { isDict } from "../encoding/plain.ts";
import { ConfigError, MalformedError } from "../errors.ts";
import { type AcceptedFormat, type AcceptedSession, acceptedCookie } from "../session/index.ts";
import { isSeal, openSeal, passwordMap } from "./iron.ts";
import { parseDict } from "./json.ts";
import { type AcceptOptions, acceptedSession, oldCookie, type WithPermanence } from "./options.ts";
import { acceptedRecord } from "./record-format.ts";

/** What is needed of a store of hono-sessions'. */
export interface OldHonoStore {
  /** Gives the session with this ID, or nothing. */
  getSessionById(id: string): unknown;
  /** Ends the session with this ID. */
  deleteSession(id: string): unknown;
}

/** What {@link acceptHonoSessions} needs of the application's old configuration. */
export interface AcceptHonoSessionsOptions extends Partial<AcceptOptions>, WithPermanence {
  /** hono-sessions': at least 32 characters. A `CookieStore` needs it; for another store give it if it was given there. */
  readonly encryptionKey?: string | undefined;
  /** hono-sessions', where it is not a `CookieStore`. */
  readonly store?: OldHonoStore | undefined;
}

const PROGRAM = "hono-sessions";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Takes over the sessions of hono-sessions: from its `CookieStore`, a seal of iron's, or with an ID from another store. What it was to
 * show once is a message for `session.flashes()` now, with its key as the category.
 *
 * @param options.cookie Default: `session`
 * @example accept: [acceptHonoSessions({ encryptionKey: process.env.OLD_KEY, user: (data) => data.userId })]
 * @throws ConfigError without a store and a key
 */
export function acceptHonoSessions(options: AcceptHonoSessionsOptions): AcceptedFormat {
  const { encryptionKey, store } = options;
  const cookie = oldCookie(options.cookie ?? "session");
  const passwords = encryptionKey === undefined ? undefined : passwordMap({ default: encryptionKey });
  if (store !== undefined) return inStore(options, store, passwords);
  if (passwords === undefined)
    throw new ConfigError(
      "acceptHonoSessions needs hono-sessions' store, or the encryptionKey of its CookieStore.",
    );
  return acceptedCookie({
    program: PROGRAM,
    cookies: [cookie],
    find: (sent) => sent(cookie.name).map(decodedValue).filter(isSeal),
    read(seal, now) {
      const opened = openSeal(seal, passwords, now);
      if (opened.refused !== undefined) return opened;
      const { origin, value } = opened;
      // What is left of a session that was deleted.
      if (value === "" || typeof value !== "string")
        return { refused: value === "" ? "expired" : "malformed" };
      const session = read(value, options);
      if (session.expires !== undefined && session.expires <= now) return { refused: "expired" };
      return { origin, session };
    },
  });
}

function inStore(
  options: AcceptHonoSessionsOptions,
  store: OldHonoStore,
  passwords: ReadonlyMap<string, string> | undefined,
): AcceptedFormat {
  if (typeof store.getSessionById !== "function" || typeof store.deleteSession !== "function")
    throw new ConfigError("acceptHonoSessions needs a store of hono-sessions'.");
  const isForm = passwords === undefined ? (value: string) => UUID.test(value) : isSeal;
  return acceptedRecord({
    program: PROGRAM,
    cookie: oldCookie(options.cookie ?? "session"),
    store,
    matches: (value) => isForm(decodedValue(value)),
    idIn: (value) => (passwords === undefined ? value : sealedId(decodedValue(value), passwords)),
    load: async (asked, id) => asked.getSessionById(id),
    read: (json) => read(json, options),
    end: async (asked, id) => {
      await asked.deleteSession(id);
    },
  });
}

function sealedId(seal: string, passwords: ReadonlyMap<string, string>): string | undefined {
  try {
    // These seals have no end.
    const opened = openSeal(seal, passwords, 0);
    const id = opened.refused === undefined ? opened.value : undefined;
    return typeof id === "string" && UUID.test(id) ? id : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** What hono-sessions keeps of a session: each value with whether it is to be shown once, and when it all ends. */
function read(json: string, options: AcceptHonoSessionsOptions): AcceptedSession {
  const { _data: entries, _expire: end } = parseDict(json);
  if (!isDict(entries)) throw new MalformedError("The session has no data.");
  const expires = typeof end === "string" ? Date.parse(end) / 1000 : undefined;
  if (Number.isNaN(expires)) throw new MalformedError("The session's end is no date.");
  const all = Object.entries(entries).filter((entry): entry is [string, Dict] => isDict(entry[1]));
  const data = Object.fromEntries(
    all.filter(([, { flash }]) => flash !== true).map(([key, { value }]) => [key, value]),
  );
  const flashes = all
    .filter(([, { flash }]) => flash === true)
    .map(([key, { value }]) => new Tuple([key, value]));
  return acceptedSession(data, options, { permanent: options.permanent, expires, flashes });
}

import {
  type Session,
  type SessionEvent,
  type SessionKey,
  type SessionStore,
  StoreError,
  type StoredRecord,
} from "hipflask";
import { type Dict, TaggedJson } from "hipflask/codec";

/** What a cookie with a session's ID says, which is nothing, and what the server keeps for it. */
export async function storedSession(
  store: SessionStore,
  value: string,
  session: Session,
  events: readonly SessionEvent[],
): Promise<object> {
  const [id = "", user] = value.split(".");
  const found = { kind: "session ID", parts: { id, ...(user === undefined ? {} : { user }) } };
  const record = session.id === undefined ? undefined : await load(store, { id: session.id, owner: user });
  if (record !== undefined) return { ...found, kept: keptIn(record) };
  const event = events.find(({ type }) => REASONS.has(type)) ?? UNKNOWN;
  return { ...found, ignored: event.type, reason: event.message };
}

/** The session has loaded its record already; this is for its times. */
async function load(store: SessionStore, key: SessionKey): Promise<StoredRecord | undefined> {
  try {
    return await store.load(key, new Date());
  } catch (cause) {
    throw new StoreError("STORE_UNAVAILABLE", "The store failed.", { cause });
  }
}

/** Why the server does not know a visitor by a cookie. */
const REASONS: ReadonlySet<string> = new Set([
  "sid.unknown",
  "sid.malformed",
  "token.expired",
  "record.corrupt",
  "cookie.duplicate",
]);

/** For a session that another request ended a moment ago. */
const UNKNOWN = { type: "sid.unknown", message: "The session has just ended." };

const json = new TaggedJson();

function keptIn({ data, seen, expires }: StoredRecord): object {
  // Both tell of the IDs that a session had before and after a login.
  const { _predecessor, _successor, ...rest } = json.parse(Buffer.from(data).toString("latin1")).data as Dict;
  return {
    data: rest,
    bytes: data.byteLength,
    created: new Date(Number(rest["_created"]) * 1000).toISOString(),
    last_seen: seen.toISOString(),
    ends: expires.toISOString(),
  };
}

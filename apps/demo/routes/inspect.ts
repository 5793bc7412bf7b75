import { AsyncLocalStorage } from "node:async_hooks";
import { cookies, type Session, type SessionEvent } from "hipflask";
import { Hono } from "hono";
import type { Place } from "../place.ts";
import { encryptedSession } from "./inspect-encrypted.ts";
import { signedSession } from "./inspect-signed.ts";
import { storedSession } from "./inspect-stored.ts";

const SESSION_COOKIE = "session";

/** What came with this request, and what the server made of it. */
export function inspectRoutes(place: Place): Hono {
  const app = new Hono();
  const { sessions } = place;
  const heard = new AsyncLocalStorage<SessionEvent[]>();
  sessions.on("*", (event) => heard.getStore()?.push(event));

  app.get("/inspect", async (c) => {
    const events: SessionEvent[] = [];
    const session = await heard.run(events, () => sessions.get(c));
    const sent = [...cookies(c)];
    // Flask, and so this application, takes the first session cookie and looks at no other.
    const first = sent.findIndex(([name]) => name === SESSION_COOKIE);
    const shown = sent.map(async ([name, value], index) => ({
      name,
      value,
      bytes: name.length + value.length,
      ...(await (index === first ? sessionCookie(place, value, session, events) : plainCookie(value))),
    }));
    const report = {
      storage: storageOf(place),
      cookies: await Promise.all(shown),
      user: session.user ?? null,
    };
    return c.body(JSON.stringify(report, showable), 200, { "Content-Type": "application/json" });
  });

  return app;
}

function storageOf({ name, kind, store }: Place): object {
  return store === undefined ? { kind } : { kind, store: name, lists: store.listOwned !== undefined };
}

function sessionCookie(
  { kind, store }: Place,
  value: string,
  session: Session,
  events: readonly SessionEvent[],
): object | Promise<object> {
  if (store !== undefined) return storedSession(store, value, session, events);
  if (kind === "encrypted") return encryptedSession(value, session, events);
  return signedSession(value, session.new, events);
}

function plainCookie(value: string): object {
  const decoded = percentDecoded(value);
  return { kind: "plain", ...(decoded === value ? {} : { decoded }) };
}

function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** For JSON.stringify: what Flask's sessions can hold and JSON cannot. */
function showable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)))
    return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

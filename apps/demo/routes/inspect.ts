import { AsyncLocalStorage } from "node:async_hooks";
import { cookies, type SessionEvent, type SessionManager } from "hipflask";
import { Hono } from "hono";
import type { Keeper } from "../demo-sessions.ts";
import { signedSession } from "./inspect-signed.ts";
import { storedSession } from "./inspect-stored.ts";

const SESSION_COOKIE = "session";

/** What came with this request, and what the server made of it. */
export function inspectRoutes(sessions: SessionManager, keeper: Keeper | undefined): Hono {
  const app = new Hono();
  const heard = new AsyncLocalStorage<SessionEvent[]>();
  sessions.on("*", (event) => heard.getStore()?.push(event));

  app.get("/inspect", async (c) => {
    const events: SessionEvent[] = [];
    const session = await heard.run(events, () => sessions.get(c));
    const sent = [...cookies(c)];
    // Flask, and so this application, takes the first session cookie and looks at no other.
    const first = sent.findIndex(([name]) => name === SESSION_COOKIE);
    const sessionCookie = (value: string) =>
      keeper === undefined
        ? signedSession(value, session.new, events)
        : storedSession(keeper.store, value, session, events);
    const shown = sent.map(async ([name, value], index) => ({
      name,
      value,
      bytes: name.length + value.length,
      ...(await (index === first ? sessionCookie(value) : plainCookie(value))),
    }));
    const report = {
      storage: keeper === undefined ? { kind: "signed" } : storageOf(keeper),
      cookies: await Promise.all(shown),
      user: session.user ?? null,
    };
    return c.body(JSON.stringify(report, showable), 200, { "Content-Type": "application/json" });
  });

  return app;
}

function storageOf({ name, store }: Keeper): object {
  return { kind: "server", store: name, lists: store.listOwned !== undefined };
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

import { AsyncLocalStorage } from "node:async_hooks";
import { cookies, type SessionEvent, type SessionManager } from "hipflask";
import { type Dict, TaggedJson } from "hipflask/codec";
import { BadTimeSignature, URLSafeTimedSerializer } from "hipflask/signer";
import { Hono } from "hono";
import { LIFETIME } from "../demo-sessions.ts";

const SESSION_COOKIE = "session";

/** Bytes of name and value that browsers keep. */
const LIMIT = 4096;

/** What came with this request, and what the server made of it. */
export function inspectRoutes(sessions: SessionManager): Hono {
  const app = new Hono();
  const heard = new AsyncLocalStorage<SessionEvent[]>();
  sessions.on("*", (event) => heard.getStore()?.push(event));

  app.get("/inspect", async (c) => {
    const events: SessionEvent[] = [];
    const session = await heard.run(events, () => sessions.get(c));
    const sent = [...cookies(c)];
    // Flask, and so this application, takes the first session cookie and looks at no other.
    const first = sent.findIndex(([name]) => name === SESSION_COOKIE);
    const report = {
      cookies: sent.map(([name, value], index) => ({
        name,
        value,
        bytes: name.length + value.length,
        ...(index === first ? sessionCookie(value, session.new, events) : plainCookie(value)),
      })),
      user: session.user ?? null,
    };
    return c.body(JSON.stringify(report, showable), 200, { "Content-Type": "application/json" });
  });

  return app;
}

function plainCookie(value: string): object {
  const decoded = percentDecoded(value);
  return { kind: "plain", ...(decoded === value ? {} : { decoded }) };
}

function sessionCookie(value: string, refused: boolean, events: readonly SessionEvent[]): object {
  const signedAt = signingTime(value);
  const event = events.find(({ type }) => type.startsWith("token.") && type !== "token.old_key");
  return {
    kind: "signed session",
    limit: LIMIT,
    parts: partsOf(value),
    payload: reader.loadsUnsafe(value).payload ?? null,
    signature_valid: !refused || SIGNED.has(event?.type ?? ""),
    signed_at: signedAt?.toISOString() ?? null,
    expires: signedAt ? new Date(signedAt.getTime() + LIFETIME * 1000).toISOString() : null,
    ...(refused
      ? { ignored: event?.type ?? "empty", reason: event?.message ?? "The session cookie is empty." }
      : {}),
  };
}

/** Reasons to refuse a cookie that are found out behind a right signature. */
const SIGNED: ReadonlySet<string> = new Set(["token.expired", "token.future", "token.malformed"]);

const json = new TaggedJson();

/**
 * Reads a session as anybody can who holds the cookie: with some key, which is not the application's. So nothing here can
 * tell the secret; whether the signature is right, the session's events tell.
 */
const reader = new URLSafeTimedSerializer("reading needs no key", {
  salt: "cookie-session",
  lenient: true,
  serializer: { dumps: (data) => json.stringify(data as Dict), loads: (text) => json.parse(text).data },
});

/** When the cookie says that it was signed. */
function signingTime(value: string): Date | undefined {
  try {
    return reader.loads(value, { returnTimestamp: true }).timestamp;
  } catch (error) {
    return error instanceof BadTimeSignature ? error.dateSigned : undefined;
  }
}

/** `payload.timestamp.signature`, from the right: a compressed payload begins with a "." of its own. */
function partsOf(value: string): object {
  const [, payload = value, timestamp = "", signature = ""] = /^(.*)\.([^.]*)\.([^.]*)$/.exec(value) ?? [];
  return { payload, timestamp, signature };
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

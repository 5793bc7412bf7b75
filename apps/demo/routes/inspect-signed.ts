import type { SessionEvent } from "hipflask";
import { type Dict, TaggedJson } from "hipflask/codec";
import { BadTimeSignature, URLSafeTimedSerializer } from "hipflask/signer";
import { LIFETIME } from "../place.ts";

/** Bytes of name and value that browsers keep. */
export const LIMIT = 4096;

/** What a signed session says, as anybody can read it, and whether the server believes it. */
export function signedSession(value: string, refused: boolean, events: readonly SessionEvent[]): object {
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

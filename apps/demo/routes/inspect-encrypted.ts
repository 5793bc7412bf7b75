import type { Session, SessionEvent } from "hipflask";
import { LIMIT } from "./inspect-signed.ts";

/** What an encrypted session says to whoever holds the cookie, which is nothing, and what the server alone reads in it. */
export function encryptedSession(value: string, session: Session, events: readonly SessionEvent[]): object {
  const found = { kind: "encrypted session", limit: LIMIT, parts: { sealed: value } };
  if (!session.new) return { ...found, payload: session.data };
  const event = events.find(({ type }) => type.startsWith("token.") && type !== "token.old_key");
  return {
    ...found,
    payload: null,
    ignored: event?.type ?? "empty",
    reason: event?.message ?? "The session cookie is empty.",
  };
}

import { readSessionId, type SessionId } from "./session-id.ts";
import type { KnownSession, StoredSession } from "./stored-sessions.ts";

/** What a cookie says of a session. */
export interface Carried {
  readonly id: SessionId;
  /** What the store said of it a moment ago, where that is still good. */
  readonly copy?: StoredCopy | undefined;
  /** Whether the browser should have another cookie for it. */
  readonly isOutdated?: boolean;
}

/** What the store has said, and when it was asked, in milliseconds since 1970. */
export interface StoredCopy {
  readonly session: StoredSession;
  readonly asked: number;
}

/** How a session's cookie names it. */
export interface IdCarrier {
  /** Undefined for what is none of ours. */
  read(value: string, name: string): Carried | undefined;
  /** The value for a session of which this is known since `asked`. */
  write(id: SessionId, known: KnownSession, asked: number, name: string): string;
  /** Whether the browser should have what is known now, `carried` being what its cookie says. */
  isNews(known: KnownSession, carried: KnownSession | undefined): boolean;
}

/** The ID, and nothing else. */
export const idAlone: IdCarrier = {
  read(value) {
    const id = readSessionId(value);
    return id && { id };
  },
  write: (id) => id.text,
  isNews: () => false,
};

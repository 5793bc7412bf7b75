import { channel } from "node:diagnostics_channel";

/** What can happen to a session that a person who runs the application may want to count or to see. */
export type EventType =
  /** A cookie's signature does not match: a key that is gone, another application's cookie, or an attack. */
  | "token.bad_mac"
  /** An encrypted cookie names a key that is not configured: one that is gone, or another application's. */
  | "token.unknown_key"
  /** A genuine cookie is older than its lifetime or idle time allows. */
  | "token.expired"
  /** A genuine cookie was made more than five seconds ahead of this machine's clock. */
  | "token.future"
  /** A cookie is not of the expected form, or what was signed cannot be read. */
  | "token.malformed"
  /** A cookie, or what it inflates to, is beyond the limit. */
  | "token.too_large"
  /** A genuine cookie was made, or a session's record encrypted, with a fallback key. */
  | "token.old_key"
  /** The browser sent two different genuine session cookies of one name; neither was used. */
  | "cookie.duplicate"
  /** A session that takes several cookies came without one of them, or with one that does not belong to it; none was used. */
  | "cookie.chunk"
  /** A cookie holds what is no session ID. */
  | "sid.malformed"
  /** A well-formed session ID that the store does not know: the session has ended, or somebody guesses. It is never adopted. */
  | "sid.unknown"
  /** A record in the store cannot be read. It is left as it is. */
  | "record.corrupt"
  /** A request found that another one had written the same session, and merged its changes with theirs. */
  | "session.conflict"
  /** A request's changes were dropped, because another one had ended the session. */
  | "session.gone"
  /** A session of another program's was taken over. */
  | "session.adopted"
  /** A session got a new ID. */
  | "session.renewed"
  /** All sessions of a user, or all there are, were ended. */
  | "session.revoked"
  /** An operation of the store failed or took too long. */
  | "store.failed"
  /** The store failed several times in a row: from now on it is asked only now and then, and requests that need it get 503. */
  | "store.down"
  /** The store works again. */
  | "store.up"
  /** A first Set-Cookie for a new session. */
  | "session.created"
  /** The session's cookie was deleted. */
  | "session.ended"
  /**
   * A session could not be written: it was too large, held what cannot be stored, never got its turn among many writers, or its store did not
   * work. The error's code is in the message; the changes are lost, and the application got the error.
   */
  | "session.unsaved"
  /** Stored data does not fit the schema; the keys that do not fit got their defaults. */
  | "session.schema"
  /** A logged-in session came with another User-Agent or address than it was made with: session protection has acted. */
  | "session.protected"
  /** A token of a remember-me cookie was used twice: somebody has a copy of it. All logins that came from it were ended. */
  | "remember.theft";

/** Holds no secret, no session ID and no value of a request. */
export interface SessionEvent {
  /** What has happened. */
  readonly type: EventType;
  /** One sentence for people. */
  readonly message: string;
  /** With `session.ended` and `session.renewed`: the `id` that a session in a store had until now, which is a name and no secret. */
  readonly session?: string;
}

/** What `sessions.on` calls. What it throws becomes a warning of the process, and disturbs no request. */
export type EventListener = (event: SessionEvent) => void;

/** The diagnostics channel on which every event of every manager is published. */
export const EVENT_CHANNEL = "hipflask:event";

const diagnostics = channel(EVENT_CHANNEL);

/** What is said of events that happen at more than one place. */
const SENTENCES = {
  "cookie.duplicate":
    "Two different genuine session cookies of one name came with a request; neither was used.",
  "record.corrupt": "A session's record in the store cannot be read; it was left as it is.",
  "session.conflict": "Two requests wrote one session at the same time; their changes were merged.",
  "session.created": "A new session was given to a visitor.",
  "session.gone": "A request's changes were dropped: its session had ended.",
  "session.protected": "A session came from another browser than the one that had logged in.",
  "sid.malformed": "A session cookie holds what is no session ID.",
  "sid.unknown": "A session cookie holds an ID that the store does not know.",
} as const satisfies Partial<Record<EventType, string>>;

/** Hands events to listeners and to the diagnostics channel. A listener that throws disturbs no request. */
export class Events {
  readonly #listeners = new Map<EventType | "*", Set<EventListener>>();

  /** Calls `listener` for each event of the type; returns what removes it. */
  on(type: EventType | "*", listener: EventListener): () => void {
    if (typeof listener !== "function") throw new TypeError("A listener must be a function.");
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit(type: keyof typeof SENTENCES): void;
  emit(type: EventType, message: string): void;
  emit(type: EventType, message: string = SENTENCES[type as keyof typeof SENTENCES]): void {
    this.#tell({ type, message });
  }

  /** A session in a store was ended. */
  ended(session: string): void {
    this.#tell({ type: "session.ended", message: "A session was ended.", session });
  }

  /** A session in a store got a new ID. */
  renewed(session: string): void {
    this.#tell({ type: "session.renewed", message: "A session got a new ID.", session });
  }

  #tell(event: SessionEvent): void {
    const { type } = event;
    for (const key of [type, "*"] as const) {
      for (const listener of this.#listeners.get(key) ?? []) callSafely(listener, event);
    }
    if (diagnostics.hasSubscribers) diagnostics.publish(event);
  }
}

function callSafely(listener: EventListener, event: SessionEvent): void {
  try {
    const result: unknown = listener(event);
    if (result instanceof Promise) result.catch((error: unknown) => sayThrown(event.type, error));
  } catch (error) {
    sayThrown(event.type, error);
  }
}

function sayThrown(type: EventType, error: unknown): void {
  const reason = error instanceof Error ? error.message : "something that is no Error";
  warn(`A listener for the session event ${type} threw: ${reason}`, "HIPFLASK_LISTENER", `listener ${type}`);
}

const said = new Set<string>();

/**
 * Says something to the person who runs the application, once per process, through the runtime's own warnings.
 *
 * @param subject what is said once, where the message differs from time to time
 */
export function warn(message: string, code: string, subject: string = message): void {
  if (said.has(subject)) return;
  said.add(subject);
  if ((process as Partial<NodeJS.Process>).emitWarning !== undefined)
    process.emitWarning(message, { type: "HipflaskWarning", code });
  // oxlint-disable-next-line no-console -- what a Worker of an older compatibility date has in its place
  else console.warn(`${code}: ${message}`);
}

import type { EventEmitter } from "node:events";
import type { SessionRequest } from "./request.ts";
import type { Callback, Session, SessionData } from "./session.ts";

/** What a store keeps: the data of a session with its cookie, as JSON gives it back. */
export type StoredSession = Record<string, unknown> & { cookie?: unknown };

/** Marks a store whose `set` merges what it is given with what others have written. */
export const MERGES: unique symbol = Symbol.for("hipflask.express-session.merges");

/**
 * A store for express-session as an application hands it over: `connect-redis` and its like, by the methods that every one of them has. What
 * they say of their parameters differs from one to the other.
 */
export interface ConnectStore {
  /** Gives the session with this ID, or nothing. */
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown;
  /** Keeps a session under its ID, until its cookie's end. */
  set(sid: string, session: unknown, callback?: (error?: unknown) => void): unknown;
  /** Ends the session with this ID. */
  destroy(sid: string, callback?: (error?: unknown) => void): unknown;
}

/** What a store calls back with: what went wrong, or what was found. */
// oxlint-disable-next-line typescript/no-explicit-any -- as with `Callback`
export type Told<Found> = (error?: any, found?: Found | null) => void;

/**
 * A store for express-session: what `connect-redis` and its like are. A store of your own extends `Store` and has `get`, `set` and
 * `destroy`, and perhaps `touch`, `all`, `length` and `clear`.
 */
export interface Store extends EventEmitter {
  /** There where `set` merges what it is given with what others have written. */
  readonly [MERGES]?: true;
  /** The session with this ID, or nothing. */
  get(sid: string, callback: Told<SessionData>): void;
  /** Keeps a session under its ID, until its cookie's end. */
  set(sid: string, session: SessionData, callback?: Callback): void;
  /** Ends the session with this ID. */
  destroy(sid: string, callback?: Callback): void;
  /** Moves the end of a session that was used and not changed. */
  touch?(sid: string, session: SessionData, callback?: Callback): void;
  /** All sessions, by their IDs where the store knows them. */
  all?(callback: Told<SessionData[] | Record<string, SessionData>>): void;
  /** How many sessions there are. */
  length?(callback: Told<number>): void;
  /** Ends all sessions. */
  clear?(callback?: Callback): void;
  /** Ends the session of a request, and gives it a new one. */
  regenerate(request: SessionRequest, callback: Callback): void;
  /** The session with this ID without a request. */
  load(sid: string, callback: (error?: unknown, session?: Session) => void): void;
  /** Makes stored data the session of a request. */
  createSession(request: SessionRequest, stored: StoredSession): Session;
  /** Gives a request a new session. The middleware sets it. */
  generate?(request: SessionRequest): void;
}

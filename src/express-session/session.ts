import type { Cookie } from "./cookie.ts";
import { storedCookie } from "./cookie.ts";
import { keeperOf } from "./keeper.ts";
import { begin, dataText, durationOf, progressOf } from "./progress.ts";
import type { SessionRequest } from "./request.ts";
import type { StoredSession } from "./store-shape.ts";

/** What is called when something is done, with what went wrong: an Error mostly, and typed as express-session types it. */
// oxlint-disable-next-line typescript/no-explicit-any -- applications name the type that they expect
export type Callback = (error?: any) => void;

/** The application's own keys of a session: `declare module "hipflask/express-session" { interface SessionData { user: string } }`. */
export interface SessionData {
  /** Its cookie, which can be changed for this session alone. */
  cookie: Cookie;
}

/** Sessions whose end a handler has moved itself, which is always stored. */
const touched = new WeakSet<Session>();

/** The session of a request: `req.session`. Its own enumerable properties are its data. */
export class Session {
  /** The same as `req.sessionID`. */
  declare readonly id: string;
  /** The request that it belongs to. */
  declare readonly req: SessionRequest;
  /** Its cookie, which can be changed for this session alone. */
  declare cookie: Cookie;

  constructor(request: SessionRequest, data?: object | null) {
    Object.defineProperty(this, "req", { value: request });
    Object.defineProperty(this, "id", { value: request.sessionID });
    if (typeof data !== "object" || data === null) return;
    for (const [key, value] of Object.entries(data)) {
      if (!(key in this)) (this as Record<string, unknown>)[key] = value;
    }
  }

  /** Moves the session's end to `originalMaxAge` from now. The middleware does it with every response that is stored. */
  touch(): this {
    touched.add(this);
    return this.resetMaxAge();
  }

  /** Moves the end of its cookie to `originalMaxAge` from now. */
  resetMaxAge(): this {
    this.cookie.maxAge = this.cookie.originalMaxAge;
    return this;
  }

  /** Stores the session now. Without a callback: a promise. A session that somebody has ended stays so. */
  save(callback: Callback): this;
  save(): Promise<void>;
  save(callback?: Callback): this | Promise<void> {
    return this.#answer(saveSession(this), callback);
  }

  /** Puts a new session in the place of this one in `req.session`, with what the store holds now. */
  reload(callback: Callback): this;
  reload(): Promise<void>;
  reload(callback?: Callback): this | Promise<void> {
    return this.#answer(this.#reload(), callback);
  }

  async #reload(): Promise<void> {
    const { req: request, id } = this;
    const stored = await keeperOf(request.sessionStore).get(id);
    if (stored === undefined) throw new Error("failed to load session");
    const { saved } = progressOf(this);
    inflate(request, stored);
    if (saved !== undefined) progressOf(request.session).saved = dataText(request.session);
  }

  /** Ends the session for good; `req.session` is undefined from now on. */
  destroy(callback: Callback): this;
  destroy(): Promise<void>;
  destroy(callback?: Callback): this | Promise<void> {
    const { req: request, id } = this;
    delete (request as Partial<SessionRequest>).session;
    return this.#answer(keeperOf(request.sessionStore).destroy(id), callback);
  }

  /** Ends the session, and puts an empty one with a new ID in its place: `req.session` is another object from now on. */
  regenerate(callback: Callback): this;
  regenerate(): Promise<void>;
  regenerate(callback?: Callback): this | Promise<void> {
    const { req: request } = this;
    return this.#answer(keeperOf(request.sessionStore).regenerate(request), callback);
  }

  #answer(promise: Promise<void>, callback: Callback | undefined): this | Promise<void> {
    if (callback === undefined) {
      // Whoever awaits it gets the error; as with express-session, nobody has to.
      promise.catch(() => undefined);
      return promise;
    }
    // Outside of the promise, so that what a callback throws is thrown as it would be without one.
    promise.then(
      () => process.nextTick(callback),
      (error: unknown) => process.nextTick(callback, error),
    );
    return this;
  }
}

/** Stores a session, and notes what was stored. */
export async function saveSession(session: Session): Promise<void> {
  const stored = { saved: dataText(session), duration: durationOf(session) };
  await keeperOf(session.req.sessionStore).set(session.id, session);
  Object.assign(progressOf(session), stored);
}

/** What a store gave back as a session. */
export function sessionOf(request: SessionRequest, stored: StoredSession): Session {
  const session = new Session(request, { ...stored, cookie: storedCookie(stored.cookie) });
  begin(session, stored);
  return session;
}

/** Makes what a store gave back the session of its request. A store that extends the base of express-session makes one of its own of it. */
export function inflate(request: SessionRequest, stored: StoredSession): void {
  const made: unknown = request.sessionStore.createSession(request, stored);
  if (!(made instanceof Session)) request.session = sessionOf(request, made as StoredSession);
}

/** Whether a handler has called `touch`. */
export function isTouched(session: Session): boolean {
  return touched.has(session);
}

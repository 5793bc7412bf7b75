import { warn } from "../session/events.ts";
import type { ResponseHeaders } from "../session/index.ts";
import { varyWithCookie } from "../session/vary.ts";
import { keeperOf } from "./keeper.ts";
import type { Settings } from "./options.ts";
import { dataText, durationOf, progressOf } from "./progress.ts";
import { isSecure, type SessionRequest } from "./request.ts";
import { inflate, saveSession, Session, sessionOf } from "./session.ts";
import type { Signatures } from "./signature.ts";
import type { StoredSession } from "./store-shape.ts";
import type { Touches } from "./touches.ts";

/** One request and its response: which session it has, and what becomes of it when the headers are about to leave. */
export class SessionExchange {
  /** A store may always have to be waited for. */
  readonly mayWait = true;
  readonly #request: SessionRequest;
  readonly #settings: Settings;
  readonly #signatures: Signatures;
  readonly #touches: Touches;
  /** The ID that came with the request. */
  readonly #cookieId: string | undefined;
  #originalId: string | undefined;
  #originalText: string | undefined;
  #expires: Date | null | undefined;
  #isAccessed = false;
  #committed = false;
  #left = false;
  #storing: Promise<void> | undefined;
  #failure: unknown;
  #setCookie: string | undefined;

  constructor(
    request: SessionRequest,
    settings: Settings,
    signatures: Signatures,
    touches: Touches,
    cookieId: string | undefined,
  ) {
    this.#request = request;
    this.#settings = settings;
    this.#signatures = signatures;
    this.#touches = touches;
    this.#cookieId = cookieId;
    this.#expose();
  }

  /** `req.session`, whose use is what the response's `Vary` depends on. */
  #expose(): void {
    let session: unknown;
    Object.defineProperty(this.#request, "session", {
      configurable: true,
      enumerable: true,
      get: () => {
        this.#isAccessed = true;
        return session;
      },
      set: (value) => {
        session = value;
      },
    });
  }

  /** The request's session as it is now, without having used it. */
  get #session(): Session | undefined {
    if (this.#left) return undefined;
    const accessed = this.#isAccessed;
    const { session } = this.#request;
    this.#isAccessed = accessed;
    if (session instanceof Session || !session) return session ?? undefined;
    // express-session itself has made it, where it has the same store.
    return (this.#request.session = sessionOf(this.#request, session));
  }

  /** The request begins with a new session, or with one from the store. */
  begin(stored: StoredSession | undefined): void {
    if (stored === undefined) this.#settings.store.generate?.(this.#request);
    else inflate(this.#request, stored);
    const session = this.#session!;
    this.#originalId = session.id;
    this.#originalText = dataText(session);
    if (stored === undefined) return;
    this.#expires = session.cookie.expires;
    if (!this.#settings.resave) progressOf(session).saved = this.#originalText;
  }

  /** Whether the request has a session. To ask that is not to use it. */
  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  /** The request's session was taken away, and the next one is another middleware's. */
  leave(): void {
    this.#left = true;
    this.#committed = true;
  }

  get failure(): unknown {
    return this.#failure;
  }

  get hasHeaders(): boolean {
    return this.#setCookie !== undefined || this.#isAccessed;
  }

  /** Stores the session where that is needed. Called again it does nothing but give the same promise, while that is pending. */
  commit(): Promise<void> | undefined {
    if (this.#committed) return this.#storing;
    this.#committed = true;
    try {
      this.#storing = this.#commit()?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#storing = Promise.reject(error).catch((reason: unknown) => this.#fail(reason));
    }
    return this.#storing;
  }

  #fail(error: unknown): never {
    this.#failure = error;
    this.#setCookie = undefined;
    throw error;
  }

  #commit(): Promise<void> | undefined {
    const session = this.#session;
    const { sessionID: sid } = this.#request;
    const { store, unset } = this.#settings;
    if (session === undefined) return unset === "destroy" && sid ? keeperOf(store).destroy(sid) : undefined;
    if (typeof sid !== "string") return undefined;
    const isMoved = this.#isMoved(session);
    session.resetMaxAge();
    // First, because a cookie that cannot be written must not leave a session behind.
    this.#setCookie = this.#cookieText(session);
    const storing = this.#store(session, isMoved);
    return storing?.then(() => {
      if (progressOf(session).gone) this.#setCookie = undefined;
    });
  }

  #store(session: Session, isMoved: boolean): Promise<void> | undefined {
    if (isMoved || this.#shouldSave(session))
      return saveSession(session).then(() => this.#touches.told(session));
    if (this.#cookieId !== session.id || !this.#touches.isDue(session, this.#expires)) return undefined;
    this.#touches.told(session);
    // Nothing is at stake: the next request tries again.
    return keeperOf(this.#settings.store)
      .touch(session.id, session)
      .catch(() => undefined);
  }

  /** Whether a handler has given a stored session another duration. (To touch it takes a millisecond.) */
  #isMoved(session: Session): boolean {
    const { duration } = progressOf(session);
    return duration !== undefined && Math.abs(durationOf(session) - duration) >= 1000;
  }

  /** What was changed after the headers had left is stored before the response ends; its cookie cannot change any more. */
  commitLate(): Promise<void> | undefined {
    if (!this.#committed) return undefined;
    if (this.#storing === undefined) return this.#saveLate();
    return this.#storing.then(() => this.#saveLate());
  }

  #saveLate(): Promise<void> | undefined {
    const session = this.#session;
    if (session === undefined || typeof this.#request.sessionID !== "string") return undefined;
    const { saved } = progressOf(session);
    if (dataText(session) === (saved ?? this.#originalText)) return undefined;
    if (this.#cookieId === session.id || this.#setCookie !== undefined) return saveSession(session);
    warn(
      "A new session was first written after the response's headers had left, so no cookie could go out, and it was not stored. Write to req.session before the first byte of the response.",
      "HIPFLASK_HEADERS_SENT",
    );
    return undefined;
  }

  #isModified(session: Session): boolean {
    return this.#originalId !== session.id || this.#originalText !== dataText(session);
  }

  #shouldSave(session: Session): boolean {
    const { saved } = progressOf(session);
    const isNew = this.#cookieId !== session.id;
    if (isNew && saved === undefined && !this.#settings.saveUninitialized) return this.#isModified(session);
    return saved !== dataText(session);
  }

  #cookieText(session: Session): string | undefined {
    const { name, proxy, rolling, saveUninitialized } = this.#settings;
    const { cookie } = session;
    const isWanted =
      this.#cookieId === session.id
        ? rolling || ((cookie.expires ?? null) !== null && this.#isModified(session))
        : saveUninitialized || this.#isModified(session);
    if (!isWanted || (cookie.secure && !isSecure(this.#request, proxy))) return undefined;
    return cookie.serialize(name, this.#signatures.sign(session.id));
  }

  /** Set-Cookie, and what caches must know: express-session leaves that to the application. */
  writeTo(headers: ResponseHeaders): void {
    const vary = varyWithCookie(headers.get("Vary"));
    if (vary !== undefined) headers.set("Vary", vary);
    if (this.#setCookie === undefined) return;
    headers.append("Set-Cookie", this.#setCookie);
    if (!headers.get("Cache-Control")) headers.set("Cache-Control", "no-store");
  }
}

import type { Dict } from "../codec/index.ts";
import type { CookieJar } from "../cookie/index.ts";
import { HipflaskError, StoreError } from "../errors.ts";
import type { Keeping } from "./keeping.ts";
import type { RequestFacts } from "./request-facts.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import { varyWithCookie } from "./vary.ts";

/** The response's headers as an adapter gives access to them. The Fetch API's `Headers` fits as it is. */
export interface ResponseHeaders {
  get(name: string): string | null | undefined;
  set(name: string, value: string): void;
  append(name: string, value: string): void;
}

/**
 * One request and its response. An adapter opens it when the request comes, and commits it when the response's headers
 * are about to leave.
 */
export class Exchange<Data extends object = Dict> {
  /** The cookies of this request and response. */
  readonly jar: CookieJar;
  /** @internal When the request came, in milliseconds since 1970. */
  readonly arrived: number;
  readonly #settings: Settings<Data>;
  /** Private, because whoever prints an exchange must not see its cookies. */
  readonly #request: RequestFacts;
  readonly #keeping: Keeping<Data>;
  #promise: Promise<Session<Data>> | undefined;
  #session: Session<Data> | undefined;
  #committed = false;
  #storing: Promise<void> | undefined;
  #failure: unknown;
  #vary = false;
  #setCookies: readonly string[] = [];

  /** @internal Exchanges come from `sessions.open`. */
  constructor(settings: Settings<Data>, keeping: Keeping<Data>, jar: CookieJar, request: RequestFacts) {
    this.#settings = settings;
    this.#keeping = keeping;
    this.jar = jar;
    this.arrived = settings.timing.clock.now();
    this.#request = request;
  }

  /** @internal What the adapter knows of the request. */
  get request(): RequestFacts {
    return this.#request;
  }

  /**
   * The session, loaded by whoever asks first and the same for everybody.
   *
   * @throws StoreError when the store cannot be read: nobody is taken for a stranger because of an outage
   */
  session(): Promise<Session<Data>> {
    return (this.#promise ??= this.#load());
  }

  #load(): Promise<Session<Data>> {
    const session = this.#keeping.load();
    if (!(session instanceof Promise)) return Promise.resolve(this.#begin(session));
    const loading = session.then(
      (loaded) => this.#begin(loaded),
      (error: unknown): never => {
        if (error instanceof StoreError) this.#failure = error;
        // Whoever asked gets the error; where nobody waits for it, it must not end the process.
        loading.catch(() => undefined);
        throw error;
      },
    );
    return loading;
  }

  #begin(session: Session<Data>): Session<Data> {
    if (this.#committed) session.seal();
    this.#session = session;
    return session;
  }

  /**
   * Stores the session and decides what the response says of it and of its cookies; to be called before the headers leave,
   * which must wait for the promise, if there is one. From the call on every change of them throws. Called again it does nothing
   * but give the same promise, while that is pending.
   *
   * @throws TooLargeError when the session does not fit into a cookie
   * @throws DataError when the session holds what cannot be stored
   * @throws StoreError when the store did not store it; the response must not leave then
   */
  commit(): Promise<void> | undefined {
    if (this.#committed) return this.#storing;
    this.#committed = true;
    this.jar.seal();
    // Where the session is still loading, somebody wants it.
    const wanted = this.#promise !== undefined;
    const accessed = this.#session?.accessed ?? wanted;
    try {
      const depends = this.#keeping.commit(this.#session, wanted);
      this.#session?.seal();
      if (depends instanceof Promise) {
        this.#storing = depends.then(
          (really) => this.#finish(accessed || really),
          (error: unknown) => this.#fail(error),
        );
        return this.#storing;
      }
      this.#finish(accessed || depends);
      return undefined;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #finish(vary: boolean): void {
    // Without a secret key Flask does nothing at all at the end of a request.
    this.#storing = undefined;
    this.#vary = vary && this.#settings.refuseWrites === undefined;
    this.#setCookies = this.jar.setCookies();
  }

  #fail(error: unknown): never {
    this.#storing = undefined;
    this.#failure = error;
    this.#session?.seal();
    const reason = error instanceof HipflaskError ? error.code : "an unexpected error";
    this.#settings.events.emit("session.unsaved", `A session could not be written: ${reason}.`);
    throw error;
  }

  /** Whether `commit` may have to wait for a store. */
  get mayWait(): boolean {
    return this.#keeping.mayWait;
  }

  /** What `commit` threw, or else the store's last refusal to read or change the session. */
  get failure(): unknown {
    return this.#failure ?? this.#session?.failure;
  }

  /** Whether the response needs headers of ours. False before `commit`. */
  get hasHeaders(): boolean {
    return this.#vary || this.#setCookies.length > 0;
  }

  /** Puts what `commit` decided on the response: Set-Cookie, Vary and Cache-Control. */
  writeTo(headers: ResponseHeaders): void {
    const vary = this.#vary ? varyWithCookie(headers.get("Vary")) : undefined;
    if (vary !== undefined) headers.set("Vary", vary);
    for (const cookie of this.#setCookies) headers.append("Set-Cookie", cookie);
    // Whatever sets a cookie is for one visitor. Flask leaves that to the application.
    const isPrivate = this.#setCookies.length > 0 && this.#settings.flask === undefined;
    if (isPrivate && !headers.get("Cache-Control")) headers.set("Cache-Control", "no-store");
  }
}

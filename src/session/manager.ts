import { AsyncLocalStorage } from "node:async_hooks";
import { bindCookies, CookieJar } from "../cookie/index.ts";
import type { Dict } from "../codec/index.ts";
import { ConfigError } from "../errors.ts";
import { checkSecretKeys, MAKE_KEY, type SecretKey, weaknessOf } from "../signer/secret-key.ts";
import type { AcceptedFormat, OpenAcceptedFormat } from "./accepted-format.ts";
import { type CookieTemplate, nativeTemplates } from "./cookie-settings.ts";
import { type EventListener, Events, type EventType, warn } from "./events.ts";
import { Exchange } from "./exchange.ts";
import type { Observer } from "./observer.ts";
import type { SessionOptions } from "./options.ts";
import { factsOf, type PlainRequest } from "./plain-request.ts";
import { isPlainLoopback, type RequestFacts } from "./request-facts.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import { SessionCookie } from "./session-cookie.ts";
import { timing } from "./timing.ts";
import { encryptedCookie } from "./client-side/encrypted-cookie.ts";
import type { OpenStorage, Storage } from "./storage.ts";
import type { StoredSessions } from "./server-side/stored-sessions.ts";
import { listedSession, type SessionPage } from "./server-side/listed-session.ts";
import type { RememberedLogins } from "./server-side/logins.ts";
import { readHandle } from "./server-side/session-id.ts";
import { UserSessions } from "./server-side/user-sessions.ts";

/**
 * An application's sessions. Make one with `createSessions`, give it to an adapter, and ask it for the session of a
 * request wherever there is the framework's context.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- `SessionManager` alone stands for any manager
export class SessionManager<Data extends object = any> {
  readonly #settings: Settings<Data>;
  readonly #storage: OpenStorage;
  readonly #templates: { readonly secure: CookieTemplate; readonly loopback: CookieTemplate };
  readonly #events = new Events();
  /** Under this name a request's context has its exchange with this manager. */
  readonly #slot: symbol = Symbol("hipflask.session");
  readonly #isAmbient: boolean;
  readonly #accepts: boolean;
  #saidInsecure = false;
  #observer: Observer | undefined;

  /** @internal Use `createSessions`. */
  constructor(options: SessionOptions<Data>) {
    const production = process.env.NODE_ENV === "production";
    const { flask, schema, storage = encryptedCookie() } = options;
    const times = timing(options, flask !== undefined);
    if (typeof storage?.open !== "function") {
      throw new ConfigError(
        "What was given to createSessions as storage is none. Write storage: encryptedCookie(), signedCookie() or serverSide(store).",
      );
    }
    if (schema !== undefined && typeof schema?.["~standard"]?.validate !== "function") {
      throw new ConfigError(
        "What was given to createSessions as schema is no Standard Schema (standardschema.dev), as those of Zod 3.24, Valibot 1, ArkType 2 and later are.",
      );
    }
    this.#isAmbient = options.ambient !== false;
    const keys = this.#secretKeys(options, storage, production);
    this.#templates = flask
      ? { secure: flask.cookie, loopback: flask.cookie }
      : nativeTemplates(options.cookie ?? {}, production);
    const setup = { keys: keys ?? [], timing: times, events: this.#events };
    const accept = openFormats(options.accept, setup);
    this.#storage = storage.open({ ...setup, accept, isFlask: flask !== undefined });
    this.#accepts = accept.length > 0;
    for (const { program, cookies } of accept) this.#checkApart(program, cookies[0].name);
    this.#settings = {
      json: this.#storage.json,
      timing: times,
      schema,
      flask,
      events: this.#events,
      refuseWrites: keys === undefined ? refuseWithoutKey : undefined,
    };
  }

  /** Two formats that look the same need two names. @throws ConfigError */
  #checkApart(program: string, name: string): void {
    const { secure, loopback } = this.#templates;
    if (program !== this.#storage.program || ![secure.name, loopback.name].includes(name)) return;
    throw new ConfigError(
      `Our cookie and the one of ${program} that is accepted have the same name and the same form. Give ours another name, as in cookie: { name: "sid" }, or put the old key into secretKeyFallbacks instead of accept.`,
    );
  }

  /** Under Flask's rules a missing key is no error until somebody writes; otherwise it is one at once. */
  #secretKeys(
    { secretKey, secretKeyFallbacks, flask }: SessionOptions<Data>,
    storage: Storage,
    production: boolean,
  ): readonly SecretKey[] | undefined {
    if (!storage.needsKey && secretKey === undefined) return [];
    if (flask !== undefined && (secretKey === undefined || secretKey.length === 0)) return undefined;
    const keys = checkSecretKeys(secretKey, secretKeyFallbacks);
    const weakness = weaknessOf(keys.at(-1)!);
    if (weakness !== undefined) {
      if (production) throw new ConfigError(weakness, "SECRET_WEAK");
      warn(`${weakness} With NODE_ENV=production this is an error.`, "HIPFLASK_WEAK_SECRET");
    }
    if (keys.slice(0, -1).some((key) => weaknessOf(key) !== undefined)) {
      warn(
        "A key in secretKeyFallbacks is weak: whoever guesses it can still make any session. Take it out as soon as its sessions may end.",
        "HIPFLASK_WEAK_SECRET",
      );
    }
    return keys;
  }

  /**
   * The session of the request that `context` belongs to: the framework's context or request, as the adapter says. Nothing is read before the first call; all calls in one request give the same session.
   *
   * @throws ConfigError when no adapter of this manager has seen the request
   */
  get(context: object): Promise<Session<Data>> {
    const exchange = (context as Slots<Data> | undefined)?.[this.#slot];
    if (exchange === undefined) {
      return Promise.reject(
        new ConfigError(
          "These sessions know nothing of this request. Let the adapter see it first (for example app.use(honoSessions(sessions))), and pass what the framework gives the handler.",
        ),
      );
    }
    return exchange.session();
  }

  /**
   * The session of a request that is answered without any header: the upgrade to a WebSocket. What it holds is what it held at
   * this moment, and read-only, because no cookie could leave with a change. Of a session in a store `update` and `destroy` work.
   * `new` says that there is no session, or no more: ask again to see whether it still lives.
   *
   * @param request of Node's or of the Fetch API
   * @throws StoreError when the store cannot be read
   */
  async fromRequest(request: PlainRequest): Promise<Session<Data>> {
    const session = await this.open(factsOf(request)).session();
    session.detach("A WebSocket has no response that could bring a cookie.");
    return session;
  }

  /**
   * The session of the request that is being answered, anywhere below its handler, until the response's headers leave.
   *
   * @throws ConfigError outside of a request, and in the context of one whose response has begun to leave
   */
  current(): Promise<Session<Data>> {
    const here = this.#here();
    // What has kept the context of a request that was answered may be at work for another visitor.
    if (here === undefined || here.response?.headersSent) {
      const why =
        here === undefined
          ? "sessions.current() was called outside of a request."
          : "the response has begun to leave. A driver's callback runs in the context of the request that opened its connection: use promises, AsyncResource.bind(callback) or sessions.get(request).";
      return Promise.reject(new ConfigError(`There is no current session: ${why}`));
    }
    return (here.exchange as Exchange<Data>).session();
  }

  /** @internal The exchange of the request that is being answered; undefined outside of one. */
  currentExchange(): Exchange<Data> | undefined {
    return this.#here()?.exchange as Exchange<Data> | undefined;
  }

  #here(): Ambient | undefined {
    let here = ambient.getStore();
    while (here !== undefined && here.manager !== this) here = here.outer;
    return here;
  }

  /** Calls `listener` for each event of a type, or of all (`"*"`); returns what removes it. Listeners must be quick. */
  on(type: EventType | "*", listener: EventListener): () => void {
    return this.#events.on(type, listener);
  }

  /** The sessions of a user, on all devices: to list them, and to end them. @throws ConfigError where sessions are in cookies */
  forUser(user: string): UserSessions {
    if (typeof user !== "string" || user === "")
      throw new TypeError("The user must be a string that is not empty.");
    return new UserSessions(this.#stored("list or end a user's sessions"), user);
  }

  /**
   * A page of all sessions that live: of users and of visitors, in no order. It takes memory for one page, however many there are. One that
   * lives throughout is on a page, and may be on several.
   *
   * @param options.after the `next` of the page before. Default: the first page
   * @param options.limit about how many sessions, 1 to 1000. Default: 100
   * @throws StoreError when the store fails | ConfigError where sessions are in cookies or the store cannot list them
   */
  async list(options: { after?: string | undefined; limit?: number } = {}): Promise<SessionPage> {
    const { after, limit = 100 } = options;
    const stored = this.#stored("list all sessions");
    if (after !== undefined && typeof after !== "string")
      throw new TypeError("after must be what the page before gave as next.");
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
      throw new ConfigError("limit must be an integer from 1 to 1000.");
    const { found, next } = await stored.list(after, limit);
    return { sessions: found.map((session) => listedSession(stored, session)), next };
  }

  /**
   * Ends a session that `list` gave, for good, and the remembered login that it came from.
   *
   * @param handle the session's `handle`
   * @returns whether there was one
   * @throws StoreError when the store fails | TypeError for what is no handle | ConfigError where sessions are in cookies
   */
  async revoke(handle: string): Promise<boolean> {
    const stored = this.#stored("end a session by its handle");
    const key = typeof handle === "string" ? readHandle(handle) : undefined;
    if (key === undefined) throw new TypeError("Pass the handle of a session that sessions.list() gave.");
    return stored.logins.end(key);
  }

  /**
   * Ends every session of every visitor, and every remembered login.
   *
   * @returns how many, as far as the store knows
   * @throws StoreError when the store fails | ConfigError where sessions are in cookies or the store cannot do it
   */
  async revokeAll(): Promise<number> {
    return this.#stored("end all sessions").logins.endAll();
  }

  /**
   * Removes the records of sessions that have ended, from a store that does not do so by itself.
   *
   * @param limit how many at most. Default: 1000; fewer in the answer mean that there are no more
   * @throws StoreError when the store fails | ConfigError where sessions are in cookies
   */
  async deleteExpired(limit = 1000): Promise<number> {
    const { deleteExpired } = this.#storage;
    if (deleteExpired === undefined) throw this.#cannot("remove ended sessions");
    return deleteExpired(limit);
  }

  #stored(what: string): StoredSessions {
    const { stored } = this.#storage;
    if (stored === undefined) throw this.#cannot(what);
    return stored;
  }

  #cannot(what: string): ConfigError {
    const why =
      this.#storage.deleteExpired === undefined
        ? "Sessions in cookies are known to browsers alone"
        : "Flask-Session's layouts have no list of sessions";
    return new ConfigError(
      `${why}: nothing can ${what}. Use serverSide(store), or encryptedCookie({ revocation: store }).`,
    );
  }

  /** For adapters: one request begins. */
  open(request: RequestFacts): Exchange<Data> {
    const jar = new CookieJar(request.cookie, { clock: this.#settings.timing.clock });
    const cookie = new SessionCookie(request.cookie, this.#template(request), jar, this.#storage.maxCookies);
    const keeping = this.#storage.keep(this.#settings, cookie, request.userAgent);
    const watched = this.#observer?.watch({ request, jar, cookie, keeping }) ?? keeping;
    return new Exchange(this.#settings, watched, jar, request);
  }

  /** @internal Whatever ends a user's sessions ends these logins of theirs, too. `store` is where they are. */
  remember(store: object, logins: RememberedLogins): void {
    this.#storage.stored?.logins.remember(store, logins);
  }

  /** @internal Lets `observer` watch all requests from now on, in the place of the one before. */
  observe(observer: Observer): void {
    this.#observer = observer;
  }

  /** @internal The exchange of the request that `context` belongs to; undefined where no adapter has seen it. */
  exchangeOf(context: object): Exchange<Data> | undefined {
    return (context as Slots<Data>)[this.#slot];
  }

  /** @internal For what is built on sessions. */
  get settings(): Settings<Data> {
    return this.#settings;
  }

  /** @internal The session's cookie, where it is not for plain http on this machine. */
  get cookie(): CookieTemplate {
    return this.#templates.secure;
  }

  /** For adapters: how many Set-Cookie headers a session may need. One that was taken over from an old cookie also deletes that one, and with `hybrid` its copy has another. */
  get maxCookies(): number {
    const { maxCookies = 1, hasCopies = false, stored } = this.#storage;
    return hasCopies || (this.#accepts && stored === undefined) ? maxCookies + 1 : maxCookies;
  }

  /** For adapters: whether one of them has seen this request already. */
  isBound(context: object): boolean {
    return (context as Slots<Data>)[this.#slot] !== undefined;
  }

  /** For adapters: `sessions.get(context)` and `cookies(context)` are about this exchange from now on. */
  bind(context: object, exchange: Exchange<Data>): void {
    const slots = context as Slots<Data>;
    const other = slots[BOUND];
    if (other !== undefined && other !== this) this.#checkBeside(other, exchange.request);
    slots[BOUND] = this;
    slots[this.#slot] = exchange;
    bindCookies(context, exchange.jar);
  }

  /** Of two cookies of one name browsers keep one, or send both and do not tell which is whose. */
  #checkBeside(other: SessionManager, request: RequestFacts): void {
    const { name } = this.#template(request);
    if (other.#template(request).name !== name) return;
    warn(
      `Two createSessions are used in one request, and both have a cookie called ${name}, so that each takes the other's place. Give one of them another name, as in cookie: { name: "cart" }, or use one for both.`,
      "HIPFLASK_SAME_COOKIE",
    );
  }

  /**
   * For adapters: runs the application's handler, in which `sessions.current()` is about this exchange.
   *
   * @param response Node's, or what says in its place that the headers have left: from then on `sessions.current()` gives no session
   */
  run<T>(exchange: Exchange<Data>, handler: () => T, response?: { readonly headersSent: boolean }): T {
    if (!this.#isAmbient) return handler();
    return ambient.run({ manager: this, exchange, response, outer: ambient.getStore() }, handler);
  }

  #template(request: RequestFacts): CookieTemplate {
    const { secure, loopback } = this.#templates;
    if (secure === loopback || !isPlainLoopback(request)) return secure;
    if (!this.#saidInsecure && !loopback.secure) {
      this.#saidInsecure = true;
      warn(
        `On this machine the session cookie has no Secure attribute and no __Host- prefix, because plain http has no use for them. Elsewhere it has both; set NODE_ENV=production where the application is served.`,
        "HIPFLASK_INSECURE_COOKIE",
      );
    }
    return loopback;
  }
}

/**
 * Sessions for an application.
 *
 * @example
 * export const sessions = createSessions({ secretKey: process.env.SECRET_KEY });
 * @throws ConfigError that says what to do, for a missing or (in production) weak key and for options that contradict each other
 */
export function createSessions<Data extends object = Dict, CookieName extends string = string>(
  options: SessionOptions<Data, CookieName>,
): SessionManager<Data> {
  if (typeof options !== "object" || options === null)
    throw new ConfigError(
      "createSessions needs options, a key above all: createSessions({ secretKey: process.env.SECRET_KEY }).",
    );
  return new SessionManager(options);
}

/** The request that is being answered, and the one around it where an application has several managers. */
interface Ambient {
  readonly manager: SessionManager;
  readonly exchange: object;
  readonly response: { readonly headersSent: boolean } | undefined;
  readonly outer: Ambient | undefined;
}

/** One for all managers, because on Node 20 and 22 each one that there is slows every promise of the process down. */
const ambient = new AsyncLocalStorage<Ambient>();

/** Under this name a request's context has the manager that it was bound to last. */
const BOUND: unique symbol = Symbol("hipflask.bound");

type Slots<Data extends object> = Record<symbol, Exchange<Data> | undefined> & { [BOUND]?: SessionManager };

function openFormats(
  accept: readonly AcceptedFormat[] = [],
  setup: Parameters<AcceptedFormat["open"]>[0],
): readonly OpenAcceptedFormat[] {
  if (!Array.isArray(accept) || accept.some((format) => typeof format?.open !== "function"))
    throw new ConfigError(
      "accept takes a list of what acceptFlask(…), acceptExpressSession(…) and others of hipflask/flask and hipflask/migrate return.",
    );
  return accept.map((format: AcceptedFormat) => format.open(setup));
}

function refuseWithoutKey(): never {
  throw new ConfigError(
    `The session is unavailable because no secret key was set. Set SECRET_KEY to something unique and secret. ${MAKE_KEY}`,
    "NO_SECRET_KEY",
  );
}

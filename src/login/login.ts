import { ConfigError, UnauthorizedError } from "../errors.ts";
import { checkSessions } from "../session/check-sessions.ts";
import { flashesOf } from "../session/flash.ts";
import type { Exchange, Session, SessionManager, UserSession } from "../session/index.ts";
import { RESERVED } from "../session/reserved.ts";
import { FlaskManner } from "./flask-manner.ts";
import { loginUrl } from "./login-url.ts";
import type { LoginRequest, Manner } from "./manner.ts";
import { NativeManner } from "./native-manner.ts";
import type { LoginOptions, LoginUserOptions, SessionProtection } from "./options.ts";
import { safeNext } from "./safe-next.ts";

/** One of a user's sessions, for a page on their devices. */
export interface Device extends UserSession {
  /** Whether it is the one that asks. */
  readonly isCurrent: boolean;
}

/**
 * Who is logged in: Flask-Login's job, on top of sessions. All methods take what `sessions.get` takes, the framework's context or request.
 * Make one with `createLogin`.
 */
export class Login<User, Context extends object = object> {
  readonly #sessions: SessionManager;
  readonly #options: LoginOptions<User, Context>;
  readonly #manner: Manner;
  /** The user of each request, once somebody has asked. */
  readonly #users = new WeakMap<Exchange<object>, Promise<User | undefined>>();

  /** @internal Use `createLogin`. */
  constructor(sessions: SessionManager, options: LoginOptions<User, Context>) {
    this.#sessions = sessions;
    this.#options = withDefaults(options);
    this.#manner = mannerOf(sessions, this.#options);
  }

  /**
   * Logs a user in: always under a new session ID, so whoever planted the old one has nothing. What an anonymous visitor's session holds stays.
   * That the password is right is for the application to know.
   *
   * @returns false, and nothing has happened, for a user who is not active
   * @throws ConfigError when nothing remembers logins, TypeError for a user without ID, StoreError | GoneError as `session.regenerate`
   * @example await auth.loginUser(c, user, { remember: form.remember === "on" });
   */
  async loginUser(context: Context, user: User, options: LoginUserOptions = {}): Promise<boolean> {
    const id = this.#idOf(user);
    if (options.force !== true && !this.#isActive(user)) return false;
    const request = await this.#request(context);
    await this.#manner.login(request, id, options);
    this.#users.set(request.exchange, Promise.resolve(user));
    return true;
  }

  /** Logs the user out, and forgets the browser. The session ends; with `flask` what else it holds stays, as in Flask. @throws StoreError */
  async logoutUser(context: Context): Promise<void> {
    const request = await this.#request(context);
    // Flask-Login looks first, and so takes down what the cookie stands for.
    if (this.#options.flask !== undefined) await this.currentUser(context);
    await this.#manner.logout(request);
    this.#users.set(request.exchange, Promise.resolve(undefined));
  }

  /**
   * The user who is logged in, from the session, the remember-me cookie or the request itself; undefined for nobody. Loaded once per request.
   *
   * @throws StoreError when a store cannot be asked: nobody is taken for a stranger because of an outage
   */
  async currentUser(context: Context): Promise<User | undefined> {
    const request = await this.#request(context);
    let user = this.#users.get(request.exchange);
    if (user === undefined) {
      user = this.#load(request, context);
      this.#users.set(request.exchange, user);
    }
    return user;
  }

  async #load(request: LoginRequest, context: Context): Promise<User | undefined> {
    if (!(await this.#manner.protect(request))) return undefined;
    const { user: id } = request.session;
    const known = id === undefined ? undefined : await this.#lookup(id);
    if (known !== undefined) return known;
    const recalled = await this.#manner.recall(request, (remembered) => this.#lookup(remembered));
    return recalled ?? (await this.#options.loadUserFromRequest?.(context)) ?? undefined;
  }

  /**
   * The user who is logged in, or an error that is the answer: a redirect to `loginView` with where the visitor was as `next`, or 401.
   *
   * @throws UnauthorizedError
   * @example
   * app.use("/account/*", async (c, next) => {
   *   await auth.loginRequired(c);
   *   await next();
   * });
   */
  async loginRequired(context: Context): Promise<User> {
    const user = await this.currentUser(context);
    if (user !== undefined && this.#isActive(user)) return user;
    throw await this.unauthorized(context);
  }

  /**
   * The user who has logged in with a password in this session (and `maxAge` seconds ago at most), or an error that is the answer: to whom a
   * cookie has only recalled, `refreshView` or 401. For what a thief of a cookie must not do, such as a change of the password.
   *
   * @param options.maxAge Default: as long as the session lasts. Not with `flask`, which keeps no times
   * @throws UnauthorizedError
   */
  async freshLoginRequired(context: Context, options: { maxAge?: number } = {}): Promise<User> {
    const user = await this.loginRequired(context);
    if (this.#isFresh(user, await this.#request(context), options.maxAge)) return user;
    throw await this.needsRefresh(context);
  }

  /** What {@link loginRequired} throws, for who would rather return an answer. Flashes `loginMessage`, where a cookie can still leave. */
  async unauthorized(context: Context): Promise<UnauthorizedError> {
    const { loginView, loginMessage } = this.#options;
    return this.#refuse(context, "UNAUTHORIZED", loginView, loginMessage);
  }

  /** What {@link freshLoginRequired} throws. Flashes `needsRefreshMessage`, where a cookie can still leave. */
  async needsRefresh(context: Context): Promise<UnauthorizedError> {
    const { refreshView, needsRefreshMessage } = this.#options;
    return this.#refuse(context, "NEEDS_REFRESH", refreshView, needsRefreshMessage);
  }

  async #refuse(
    context: Context,
    code: "UNAUTHORIZED" | "NEEDS_REFRESH",
    view: string | undefined,
    message: string | null | undefined,
  ): Promise<UnauthorizedError> {
    if (view === undefined) return new UnauthorizedError(code);
    const { exchange, session } = await this.#request(context);
    if (message && !session.sealed && !this.#isSaid(session, message)) session.flash(message);
    return new UnauthorizedError(code, loginUrl(view, exchange.request.url), this.#manner.redirect);
  }

  /** A page that asks again and again would fill the session. Flask-Login's do. */
  #isSaid(session: Session, message: string): boolean {
    const waiting = this.#options.flask === undefined ? flashesOf(session.own(RESERVED.flashes)) : [];
    return waiting.some((flash) => flash.message === message);
  }

  /**
   * Where to go after a login: the request's `next`, if it is a path on this very site.
   *
   * @param otherwise Default: `/`
   * @see safeNext for a `next` that comes in a form
   */
  async nextUrl(context: Context, otherwise = "/"): Promise<string> {
    const { exchange } = await this.#request(context);
    const [, query = ""] = /\?([^#]*)/.exec(exchange.request.url ?? "") ?? [];
    return safeNext(new URLSearchParams(query).get("next"), otherwise);
  }

  /** Notes that the user has just entered the password again: the login is fresh, under a new session ID. @throws UnauthorizedError */
  async confirmLogin(context: Context): Promise<void> {
    const user = await this.loginRequired(context);
    const id = this.#idOf(user);
    const request = await this.#request(context);
    const { session } = request;
    // Where the request itself names the user, the session may be another one's.
    if (session.user !== undefined && session.user !== id) session.clear();
    await this.#manner.confirm(request, id);
  }

  /** Whether the user has logged in with a password in this session, `maxAge` seconds ago at most. */
  async loginFresh(context: Context, options: { maxAge?: number } = {}): Promise<boolean> {
    const user = await this.currentUser(context);
    return user !== undefined && this.#isFresh(user, await this.#request(context), options.maxAge);
  }

  /** The session may be another user's, where the request itself names one. */
  #isFresh(user: User, request: LoginRequest, maxAge: number | undefined): boolean {
    return request.session.user === this.#idOf(user) && this.#manner.isFresh(request, maxAge);
  }

  /** Whether the login outlives the session. */
  async loginRemembered(context: Context): Promise<boolean> {
    await this.currentUser(context);
    return this.#manner.isRemembered(await this.#request(context));
  }

  /**
   * To be called when the user's password has changed: this session goes on, fresh and under a new ID, remembered if it was; every other
   * one of the user's ends, where sessions are in a store that can tell, and every remembered login in any case.
   *
   * Flask-Login's own cookie cannot be ended (`flask`): let `getId` give the user another ID then, as its documentation says.
   *
   * @throws UnauthorizedError when nobody is logged in; ConfigError where nothing can be ended, neither sessions nor remembered logins;
   * StoreError when not all has ended: call it again
   */
  async passwordChanged(context: Context): Promise<void> {
    const user = await this.loginRequired(context);
    const id = this.#idOf(user);
    const request = await this.#request(context);
    const lasting = await this.#manner.lasting(request);
    // The new ID last: where the store fails before it, the browser can ask again with what it has.
    await this.#endAll(id, request.session.id);
    await this.#manner.login(request, id, lasting, true);
  }

  /**
   * Ends all of a user's logins, on every device and remembered ones too: after a reset of the password by e-mail, or when the account is
   * closed.
   *
   * @throws ConfigError where nothing can be ended; StoreError when not all has ended: call it again
   */
  async logoutEverywhere(id: string): Promise<void> {
    if (typeof id !== "string" || id === "")
      throw new TypeError("Pass the user's ID as a string: String(user.id).");
    await this.#endAll(id, undefined);
  }

  /** Where sessions are in cookies, or in a store that does not know whose they are, remembered logins end alone, if there can be any. */
  async #endAll(id: string, except: string | undefined): Promise<void> {
    try {
      await this.#sessions.forUser(id).revokeAll({ except });
    } catch (error) {
      if (!(error instanceof ConfigError) || !this.#manner.forgets) throw error;
      await this.#manner.forget(id);
    }
  }

  /**
   * The user's sessions, the last used first, each with a `revoke()` that forgets the remembered login that the session came from, too. A
   * device that is remembered and has no session now is not among them.
   *
   * @throws UnauthorizedError when nobody is logged in; ConfigError where sessions are in cookies or the store cannot tell
   */
  async devices(context: Context): Promise<Device[]> {
    const id = this.#idOf(await this.loginRequired(context));
    const { session } = await this.#request(context);
    const devices = await this.#sessions.forUser(id).list();
    return devices.map((device) => ({ ...device, isCurrent: device.id === session.id }));
  }

  async #request(context: Context): Promise<LoginRequest> {
    const session = await this.#sessions.get(context);
    const exchange = this.#sessions.exchangeOf(context)!;
    const { address } = this.#options;
    return { exchange, session, address: address ? address(context) : exchange.request.address?.() };
  }

  async #lookup(id: string): Promise<User | undefined> {
    return (await this.#options.loadUser(id)) ?? undefined;
  }

  #isActive(user: User): boolean {
    return this.#options.isActive?.(user) ?? true;
  }

  #idOf(user: User): string {
    const { getId } = this.#options;
    const id = getId ? getId(user) : (user as { id?: unknown } | undefined)?.id;
    if (id === undefined || id === null || id === "" || Number.isNaN(id))
      throw new TypeError("The user has no id. Give createLogin a getId that tells it.");
    return String(id);
  }
}

/**
 * Logins for an application.
 *
 * @example
 * export const auth = createLogin(sessions, {
 *   loadUser: (id) => users.find(id),
 *   loginView: "/login",
 *   remember: { store: new RedisStore(redis) },
 * });
 * @throws ConfigError for options that contradict the sessions or each other
 */
export function createLogin<User, Context extends object = object>(
  sessions: SessionManager,
  options: LoginOptions<User, Context>,
): Login<User, Context> {
  checkSessions(sessions, "createLogin(sessions, options)");
  return new Login(sessions, options);
}

const PROTECTIONS: readonly SessionProtection[] = ["basic", "strong", null];

const FLASK_MESSAGES = {
  loginMessage: "Please log in to access this page.",
  needsRefreshMessage: "Please reauthenticate to access this page.",
} as const;

function withDefaults<User, Context extends object>(
  options: LoginOptions<User, Context>,
): LoginOptions<User, Context> {
  if (typeof (options as Partial<typeof options> | undefined)?.loadUser !== "function")
    throw new ConfigError("createLogin needs loadUser: (id) => the user with this ID, or undefined.");
  for (const name of ["loginView", "refreshView"] as const) {
    const view = options[name];
    if (view !== undefined && !/^(?:https?:\/\/|\/(?![/\\]))[\x21-\x7e]*$/.test(view))
      throw new ConfigError(`${name} must be a path that begins with "/", or a whole URL, in ASCII.`);
  }
  const { sessionProtection = null } = options;
  if (!PROTECTIONS.includes(sessionProtection))
    throw new ConfigError('sessionProtection must be "basic", "strong" or null.');
  return options.flask === undefined ? options : { ...FLASK_MESSAGES, ...options };
}

function mannerOf<User, Context extends object>(
  sessions: SessionManager,
  { flask, remember, sessionProtection }: LoginOptions<User, Context>,
): Manner {
  const isFlask = sessions.settings.flask !== undefined;
  if (isFlask !== (flask !== undefined))
    throw new ConfigError(
      isFlask
        ? "These sessions are Flask's, and so are their logins: pass createLogin the configuration that flaskConfig got, as flask."
        : "flask is for sessions made with flaskConfig. Leave it out, or make the sessions so.",
    );
  if (flask === undefined) return new NativeManner(sessions, sessionProtection, remember);
  if (remember !== undefined || sessionProtection !== undefined)
    throw new ConfigError(
      "With flask the configuration says how logins are remembered (REMEMBER_COOKIE_…) and protected (SESSION_PROTECTION). Leave remember and sessionProtection out.",
    );
  return new FlaskManner(sessions, flask);
}

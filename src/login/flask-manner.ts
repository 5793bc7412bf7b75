import { parseWerkzeugCookie } from "../cookie/index.ts";
import { PyFloat } from "../encoding/py-float.ts";
import { ConfigError } from "../errors.ts";
import type { Exchange, SessionManager } from "../session/index.ts";
import { FRESH, RESERVED } from "../session/reserved.ts";
import { checkApart } from "./apart.ts";
import { type FlaskLoginConfig, type FlaskLoginSettings, flaskLoginSettings } from "./flask-config.ts";
import { sessionIdentifier } from "./identifier.ts";
import type { LoginRequest, Lookup, Manner } from "./manner.ts";
import { unlessOvertaken } from "./overtaken.ts";
import type { LoginUserOptions } from "./options.ts";
import { decodeCookie, encodeCookie } from "./remember-token.ts";

/** Flask-Login's keys in the session, beside `_user_id` and `_fresh`. */
const IDENTIFIER = "_id";
const SECONDS = "_remember_seconds";
/** All of them: `SESSION_KEYS`. */
const KEYS = [RESERVED.user, FRESH, IDENTIFIER, SECONDS, "_remember", "next"] as const;

/**
 * Logins as Flask-Login writes them. `_remember` says there until the response what is to become of the cookie, and never leaves; here it
 * stands beside the session, and the cookie is set or deleted at once.
 *
 * @see flask_login/login_manager.py, flask_login/utils.py
 */
export class FlaskManner implements Manner {
  readonly redirect: 302 | 303;
  readonly forgets = false;
  readonly #sessions: SessionManager;
  readonly #settings: FlaskLoginSettings;
  /** `_remember`, by request. */
  readonly #remember = new WeakMap<Exchange<object>, "set" | "clear">();

  constructor(sessions: SessionManager, config: FlaskLoginConfig) {
    this.#sessions = sessions;
    this.#settings = flaskLoginSettings(config);
    checkApart(sessions, this.#settings.cookie.name);
    // As Flask does since 3.2, which Flask-Login 0.7 is for.
    this.redirect = this.#settings.version === "0.7" ? 303 : 302;
  }

  /** `_session_protection_failed`, and what `_update_remember_cookie` does in any case. */
  async protect(request: LoginRequest): Promise<boolean> {
    const isKept = this.#protect(request);
    if (this.#settings.refreshes && !request.session.sealed && !this.#remember.has(request.exchange))
      this.#refresh(request);
    return isKept;
  }

  #protect(request: LoginRequest): boolean {
    const { session } = request;
    const { protection } = this.#settings;
    if (protection !== "basic" && protection !== "strong") return true;
    if (session.isEmpty || session.own(IDENTIFIER) === this.#identifier(request)) return true;
    if (protection === "basic" || session.permanent) {
      if (session.own(FRESH) !== false && !session.sealed) session.setOwn(FRESH, false);
      this.#sessions.settings.events.emit("session.protected");
      return true;
    }
    if (session.sealed) return false;
    for (const key of KEYS) if (session.own(key) !== undefined) session.setOwn(key, undefined);
    this.#note(request, "clear");
    this.#sessions.settings.events.emit("session.protected");
    return false;
  }

  /** 0.6 remembers everybody from then on; 0.7 only those who are. */
  #refresh(request: LoginRequest): void {
    if (this.#settings.version === "0.6") this.#note(request, "set");
    else if (this.#sent(request) !== undefined) this.#settleAs(request, "set");
  }

  async recall<User>(request: LoginRequest, lookup: Lookup<User>): Promise<User | undefined> {
    const sent = this.#remember.get(request.exchange) === "clear" ? undefined : this.#sent(request);
    const id = sent === undefined ? undefined : decodeCookie(sent, this.#settings.secretKey);
    if (id === undefined || id === "") return undefined;
    if (!request.session.sealed) {
      // Another request of this visitor's may be the first; the cookie is good all the same.
      await unlessOvertaken(request.session, () => request.session.identify({ user: id, fresh: false }));
      this.#settle(request);
    }
    return lookup(id);
  }

  async login(request: LoginRequest, id: string, options: LoginUserOptions, atOnce = false): Promise<void> {
    const { remember = false, fresh = true, device, duration } = options;
    const own = { [IDENTIFIER]: this.#identifier(request) };
    await request.session.identify({
      user: id,
      fresh,
      atOnce,
      ...(device === undefined ? {} : { device }),
      own: remember && duration !== undefined ? { ...own, [SECONDS]: floatOf(duration) } : own,
    });
    if (remember) this.#note(request, "set");
    this.#settle(request);
  }

  async logout(request: LoginRequest): Promise<void> {
    const { session } = request;
    const wasUser = session.own(RESERVED.user) !== undefined;
    for (const key of [FRESH, IDENTIFIER]) if (session.own(key) !== undefined) session.setOwn(key, undefined);
    if (wasUser) await session.regenerate({ user: null });
    if (this.#sent(request) !== undefined) {
      if (session.own(SECONDS) !== undefined) session.setOwn(SECONDS, undefined);
      this.#note(request, "clear");
    }
    this.#settle(request);
  }

  confirm(request: LoginRequest, user: string): Promise<void> {
    return request.session.identify({ user, own: { [IDENTIFIER]: this.#identifier(request) } });
  }

  isFresh({ session }: LoginRequest, maxAge: number | undefined): boolean {
    if (maxAge !== undefined)
      throw new ConfigError(
        "Flask-Login does not note when a user has logged in, so maxAge cannot be told. Leave it out with flask.",
      );
    return session.own(FRESH) === true;
  }

  /** How long, its cookie does not say. */
  async lasting(request: LoginRequest): Promise<{ remember: boolean }> {
    return { remember: this.isRemembered(request) };
  }

  isRemembered(request: LoginRequest): boolean {
    const sent = this.#remember.get(request.exchange) === "clear" ? undefined : this.#sent(request);
    return sent !== undefined && decodeCookie(sent, this.#settings.secretKey) !== undefined;
  }

  /** Nothing can be done: the cookie is good for as long as the user has this ID and Flask its key. */
  async forget(): Promise<void> {
    return undefined;
  }

  #identifier({ exchange: { request }, address }: LoginRequest): string {
    const facts = { address, forwardedFor: request.forwardedFor?.(), userAgent: request.userAgent?.() };
    return sessionIdentifier(facts, this.#settings.version);
  }

  #sent({ exchange }: LoginRequest): string | undefined {
    return parseWerkzeugCookie(exchange.request.cookie).get(this.#settings.cookie.name)?.[0];
  }

  /** `session["_remember"] = …`, which is a change although it is taken out again. */
  #note(request: LoginRequest, remember: "set" | "clear"): void {
    this.#settleAs(request, remember);
    request.session.modified = true;
  }

  #settleAs(request: LoginRequest, remember: "set" | "clear"): void {
    this.#remember.set(request.exchange, remember);
    this.#settle(request);
  }

  /** What `_update_remember_cookie` does at the end of the request. */
  #settle({ exchange, session }: LoginRequest): void {
    const { cookie, duration, secretKey } = this.#settings;
    const remember = this.#remember.get(exchange);
    const { user } = session;
    if (remember === "clear") exchange.jar.put(cookie, cookie.deletion);
    else if (remember !== "set" || user === undefined) exchange.jar.withdraw(cookie);
    else {
      const lasts = session.own(SECONDS);
      const now = this.#sessions.settings.timing.clock.now() / 1000;
      const expires =
        now + (lasts instanceof PyFloat ? lasts.value : typeof lasts === "number" ? lasts : duration);
      exchange.jar.put(cookie, cookie.set(encodeCookie(user, secretKey), expires));
    }
  }
}

/** A float in Python, also where it is whole. @throws ConfigError */
function floatOf(duration: number): PyFloat | number {
  if (Number.isInteger(duration)) return new PyFloat(duration);
  if (Number.isFinite(duration)) return duration;
  throw new ConfigError("The duration for which a login is remembered must be a number of seconds.");
}

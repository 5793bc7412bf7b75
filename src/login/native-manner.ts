import { LEEWAY, seconds } from "../clock.ts";
import { digestText } from "../crypto/digest.ts";
import { ConfigError } from "../errors.ts";
import { type CookieTemplate, nativeTemplates } from "../session/cookie-settings.ts";
import type { SessionManager } from "../session/index.ts";
import { isPlainLoopback } from "../session/request-facts.ts";
import { RESERVED } from "../session/reserved.ts";
import type { LoginRequest, Lookup, Manner } from "./manner.ts";
import type { LoginUserOptions, RememberOptions, SessionProtection } from "./options.ts";
import { checkApart } from "./apart.ts";
import { unlessOvertaken } from "./overtaken.ts";
import { type Presented, RememberSeries, type Series } from "./remember-series.ts";

const DAY = 24 * 60 * 60;
const MAX_DURATION = 400 * DAY;

/** What remembering needs, where the application remembers. */
interface Remembering {
  readonly series: RememberSeries;
  readonly duration: number;
  readonly templates: { readonly secure: CookieTemplate; readonly loopback: CookieTemplate };
}

/** Logins in our own way. */
export class NativeManner implements Manner {
  readonly redirect = 302;
  readonly forgets: boolean;
  readonly #sessions: SessionManager;
  readonly #protection: SessionProtection;
  readonly #remembering: Remembering | undefined;
  /** Requests whose token another one has used a moment ago, with its series; the session is that one's. */
  readonly #recalled = new WeakMap<LoginRequest["exchange"], NamedSeries>();

  constructor(
    sessions: SessionManager,
    protection: SessionProtection = "basic",
    remember: RememberOptions | undefined,
  ) {
    this.#sessions = sessions;
    this.#protection = protection;
    this.forgets = remember !== undefined;
    this.#remembering = remember && {
      series: new RememberSeries(remember.store, sessions.settings),
      duration: checkDuration(remember.duration ?? 30 * DAY),
      templates: nativeTemplates(remember.cookie ?? {}, process.env.NODE_ENV === "production", "remember"),
    };
    if (remember !== undefined) sessions.remember(remember.store, this.#remembering!.series);
    const { secure, loopback } = this.#remembering?.templates ?? {};
    checkApart(sessions, secure?.name, loopback?.name);
  }

  async protect(request: LoginRequest): Promise<boolean> {
    const { session } = request;
    if (session.user === undefined || !this.#isStrange(request)) return true;
    const isBasic = this.#protection === "basic";
    if (isBasic && session.authenticatedAt === undefined) return true;
    this.#sessions.settings.events.emit("session.protected");
    if (session.sealed) return isBasic;
    if (isBasic) session.setOwn(RESERVED.authenticated, undefined);
    else await this.logout(request);
    return isBasic;
  }

  /** Whether the session was made with another browser. */
  #isStrange(request: LoginRequest): boolean {
    const client = request.session.own(RESERVED.client);
    return this.#protection !== null && client !== undefined && client !== clientOf(request);
  }

  async recall<User>(request: LoginRequest, lookup: Lookup<User>): Promise<User | undefined> {
    const remembering = this.#remembering;
    const sent = remembering && this.#sent(request, remembering);
    if (remembering === undefined || sent === undefined) return undefined;
    const presented = await remembering.series.present(sent, request.exchange.arrived);
    const { sealed } = request.session;
    if (presented.outcome === "good" && sealed) return lookup(presented.series.user);
    if (presented.outcome === "good") return this.#use(request, remembering, presented, lookup);
    return this.#answer(request, remembering, presented, lookup);
  }

  /** The session first: where the store fails, the token is as good as before. */
  async #use<User>(
    request: LoginRequest,
    remembering: Remembering,
    presented: Extract<Presented, { outcome: "good" }>,
    lookup: Lookup<User>,
  ): Promise<User | undefined> {
    const { series } = presented;
    const user = await lookup(series.user);
    if (user === undefined) {
      await remembering.series.end(series);
      this.#deleteCookie(request, remembering);
      return undefined;
    }
    const { session, exchange } = request;
    const { device } = presented.at;
    const isOurs = await unlessOvertaken(session, () =>
      this.#identify(request, series.user, { fresh: false, provisional: true, device }, series),
    );
    const used = isOurs
      ? await remembering.series.use(presented, exchange.arrived)
      : await remembering.series.present(this.#sent(request, remembering)!, exchange.arrived);
    if (used.outcome === "used" && used.first) await session.stay();
    else if (isOurs) await session.destroy();
    // The request that has made the session is about to use the token.
    if (used.outcome !== "good") return this.#answer(request, remembering, used, async () => user);
    this.#recalled.set(exchange, series);
    return user;
  }

  /** In a request whose token was used a moment ago the user is known, and the session is left to the other request. */
  async #answer<User>(
    request: LoginRequest,
    remembering: Remembering,
    presented: Exclude<Presented, { outcome: "good" }>,
    lookup: Lookup<User>,
  ): Promise<User | undefined> {
    if (presented.outcome === "used") {
      this.#setCookie(request, remembering, presented);
      if (!presented.first) this.#recalled.set(request.exchange, presented.series);
      return lookup(presented.series.user);
    }
    if (presented.outcome === "stolen") await this.#endStolen(remembering, presented.series);
    this.#deleteCookie(request, remembering);
    return undefined;
  }

  async #endStolen(remembering: Remembering, series: Series, except?: string): Promise<void> {
    const wasThere = await remembering.series.end(series);
    await this.#endSessions(series, except);
    if (!wasThere) return;
    this.#sessions.settings.events.emit(
      "remember.theft",
      "A remember-me token was used a second time: somebody has a copy of it. The series was ended, and with it the sessions that a store has of it.",
    );
  }

  /** The sessions that came from a series. Sessions in cookies are out of reach, and some stores do not know whose theirs are. */
  async #endSessions({ name, user }: NamedSeries, except?: string): Promise<void> {
    try {
      await this.#sessions.forUser(user).endFrom(name, except);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }

  async login(request: LoginRequest, id: string, options: LoginUserOptions, atOnce = false): Promise<void> {
    const remembering = this.#remembering;
    if (options.remember === true && remembering === undefined)
      throw new ConfigError(
        "Nothing remembers logins. Pass a store to createLogin: remember: { store: new RedisStore(client) }.",
      );
    const duration = checkDuration(options.duration ?? remembering?.duration ?? DAY);
    // The new ID last: where the store fails before it, the browser goes on with what it has. Where that is too late, nothing happens.
    if (remembering !== undefined && !request.session.sealed)
      await this.#endSeries(request, remembering, seriesOf(request), request.session.id);
    const begun =
      options.remember === true ? await remembering!.series.begin(id, duration, options.device) : undefined;
    await this.#identify(request, id, { ...options, atOnce }, begun?.series);
    if (begun !== undefined) this.#setCookie(request, remembering!, begun);
  }

  #identify(
    request: LoginRequest,
    user: string,
    { fresh = true, device, atOnce = false, provisional = false }: Identifying,
    series: Series | undefined,
  ): Promise<void> {
    const { session } = request;
    // Nothing of one user's is another's.
    if (session.user !== undefined && session.user !== user) session.clear();
    return session.identify({
      user,
      fresh,
      atOnce,
      provisional,
      ...(device === undefined ? {} : { device }),
      own: { [RESERVED.client]: clientOf(request), [RESERVED.series]: series?.name },
    });
  }

  async logout(request: LoginRequest): Promise<void> {
    const former = seriesOf(request);
    if (this.#remembering !== undefined) await this.#endSeries(request, this.#remembering, former);
    if (former !== undefined) await this.#endSessions(former);
    // Of a token that came without a session another answer, which is under way, may have made one.
    if (this.#remembering !== undefined && this.#sent(request, this.#remembering) !== undefined)
      request.session.forget();
    await request.session.destroy();
  }

  /** Ends the series that the browser has, and the one that its session came from; and what came of them, but for one session. */
  async #endSeries(
    request: LoginRequest,
    remembering: Remembering,
    former: NamedSeries | undefined,
    except?: string,
  ): Promise<void> {
    const sent = this.#sent(request, remembering);
    const presented =
      sent === undefined ? undefined : await remembering.series.present(sent, request.exchange.arrived);
    if (presented?.outcome === "stolen") await this.#endStolen(remembering, presented.series, except);
    else if (presented !== undefined && presented.outcome !== "unknown") {
      await remembering.series.end(presented.series);
      // Another request may have made a session of it, or the browser have forgotten one.
      await this.#endSessions(presented.series, except);
    }
    if (former !== undefined) await remembering.series.endNamed(former.name);
    this.#deleteCookie(request, remembering);
  }

  confirm(request: LoginRequest, user: string): Promise<void> {
    const { session } = request;
    // What the session belongs to stays; a new ID, because more is possible with it than before.
    return session.identify({ user, own: { [RESERVED.client]: clientOf(request) } });
  }

  isFresh(request: LoginRequest, maxAge: number | undefined): boolean {
    const { user, authenticatedAt, sealed } = request.session;
    if (user === undefined || authenticatedAt === undefined) return false;
    // What `protect` could not write down.
    if (sealed && this.#isStrange(request)) return false;
    const age = seconds(this.#sessions.settings.timing.clock) - authenticatedAt.getTime() / 1000;
    return maxAge === undefined || (age >= -LEEWAY && age <= maxAge);
  }

  isRemembered({ exchange, session }: LoginRequest): boolean {
    if (session.user === undefined) return this.#recalled.has(exchange);
    return session.own(RESERVED.series) !== undefined;
  }

  async lasting(request: LoginRequest): Promise<Pick<LoginUserOptions, "remember" | "duration" | "device">> {
    const remembering = this.#remembering;
    if (remembering === undefined) return {};
    // The series of the session, or the one that the request was recalled by.
    const own = seriesOf(request) ?? this.#recalled.get(request.exchange);
    const found = own && (await remembering.series.find(own.name));
    if (found === undefined) return {};
    const { expires, device } = found;
    const left = expires.getTime() / 1000 - seconds(this.#sessions.settings.timing.clock);
    const duration = Math.min(Math.max(Math.round(left), 1), MAX_DURATION);
    return { remember: true, duration, ...(device === undefined ? {} : { device }) };
  }

  async forget(id: string): Promise<void> {
    await this.#remembering?.series.endOf(id);
  }

  #template(request: LoginRequest, { templates }: Remembering): CookieTemplate {
    return isPlainLoopback(request.exchange.request) ? templates.loopback : templates.secure;
  }

  #sent(request: LoginRequest, remembering: Remembering): string | undefined {
    return request.exchange.jar.get(this.#template(request, remembering).name);
  }

  #setCookie(
    request: LoginRequest,
    remembering: Remembering,
    { cookie, expires }: { readonly cookie: string; readonly expires: Date },
  ): void {
    const template = this.#template(request, remembering);
    request.exchange.jar.put(template, template.set(cookie, Math.floor(expires.getTime() / 1000)));
  }

  /** Where the browser has one, or would get one with this response. */
  #deleteCookie(request: LoginRequest, remembering: Remembering): void {
    const template = this.#template(request, remembering);
    const { jar } = request.exchange;
    if (jar.has(template.name)) jar.put(template, template.deletion);
    else jar.withdraw(template);
  }
}

/** How a session becomes a user's. @see Session.identify */
interface Identifying extends Omit<LoginUserOptions, "device"> {
  readonly device?: string | undefined;
  readonly atOnce?: boolean;
  readonly provisional?: boolean;
}

type NamedSeries = Pick<Series, "name" | "user">;

/** The series that the session belongs to. */
function seriesOf({ session }: LoginRequest): NamedSeries | undefined {
  const { user } = session;
  const name = session.own(RESERVED.series);
  return user !== undefined && typeof name === "string" ? { name, user } : undefined;
}

/** A name for the browser that says nothing of it. */
function clientOf({ exchange }: LoginRequest): string {
  const userAgent = exchange.request.userAgent?.() ?? "";
  return digestText("sha256", Buffer.from(userAgent, "utf8"), "base64url").slice(0, 22);
}

/** @throws ConfigError */
function checkDuration(duration: number): number {
  if (Number.isInteger(duration) && duration > 0 && duration <= MAX_DURATION) return duration;
  throw new ConfigError(
    `The duration for which a login is remembered must be a whole number of seconds, at most ${MAX_DURATION} (400 days): browsers keep no cookie longer.`,
  );
}

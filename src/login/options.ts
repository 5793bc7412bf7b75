import type { SessionCookieOptions } from "../session/index.ts";
import type { FlaskLoginConfig } from "./flask-config.ts";
import type { RememberStore } from "./remember-series.ts";

type Awaitable<T> = T | Promise<T>;

/** What happens to a session that comes from another browser than the one that logged in. */
export type SessionProtection = "basic" | "strong" | null;

/** What {@link createLogin} is told beside the sessions. */
export interface LoginOptions<User, Context extends object = object> {
  /**
   * The user with this ID; undefined or null where there is none, or none who may still enter. Flask-Login's `user_loader`. Asked once per
   * request at most.
   */
  loadUser(this: void, id: string): Awaitable<User | undefined | null>;
  /**
   * The user that a request stands for by itself, by an API key for example; asked where neither session nor remember-me cookie know anybody.
   * Nothing is written to the session. Flask-Login's `request_loader`.
   */
  loadUserFromRequest?(this: void, context: Context): Awaitable<User | undefined | null>;
  /** The ID that `loadUser` will be given. Default: `String(user.id)`. Flask-Login's `get_id`. */
  getId?(this: void, user: User): string;
  /** Whether a user may log in. Default: everybody may. Flask-Login's `is_active`. */
  isActive?(this: void, user: User): boolean;
  /**
   * The path of the page where visitors log in, to which `loginRequired` sends them, with where they were as `next`. Default: none, and the
   * answer is 401.
   */
  readonly loginView?: string;
  /** The page where somebody who is logged in enters the password again, for `freshLoginRequired`. Default: none, and the answer is 401. */
  readonly refreshView?: string;
  /** Flashed when a visitor is sent to `loginView`; that makes a session. Default: nothing; with `flask` Flask-Login's own sentence. */
  readonly loginMessage?: string | null;
  /** Flashed when a visitor is sent to `refreshView`. Default: nothing; with `flask` Flask-Login's own sentence. */
  readonly needsRefreshMessage?: string | null;
  /**
   * What happens to a session that comes with another User-Agent than it was made with: `basic`: the login is not fresh any more; `strong`:
   * it ends; null: nothing. Default: `basic`. With `flask`, SESSION_PROTECTION says it.
   */
  readonly sessionProtection?: SessionProtection;
  /** Remember-me, kept in a store. Default: none; with `flask` it needs none. */
  readonly remember?: RememberOptions;
  /** The Flask application's configuration, as `flaskConfig` got it: logins are then Flask-Login's own, on both sides. */
  readonly flask?: FlaskLoginConfig;
  /**
   * The address that Flask sees as `request.remote_addr`, for its session protection. Default: of whoever is connected. Where a proxy stands
   * before Flask and ProxyFix within, take it from the same header.
   */
  address?(this: void, context: Context): string | undefined;
}

/** How logins outlive their sessions. */
export interface RememberOptions {
  /** Where series of tokens are kept: any store that can end all records of a user, also the one that keeps the sessions. */
  readonly store: RememberStore;
  /** Seconds for which a login is remembered, counted from the password: using it does not prolong it. Default: 30 days. */
  readonly duration?: number;
  /** Default: `__Host-remember`, with the session cookie's own defaults. */
  readonly cookie?: SessionCookieOptions;
}

/** How a user is logged in. */
export interface LoginUserOptions {
  /** Whether the login outlives the session, by a cookie of its own. Default: false. */
  readonly remember?: boolean;
  /** Seconds for which it is remembered. Default: what the options or the configuration say. */
  readonly duration?: number;
  /** Log in although `isActive` says no. Default: false. */
  readonly force?: boolean;
  /** Whether the user has just shown who they are. Default: true. */
  readonly fresh?: boolean;
  /** What the list of the user's devices calls this one, also when they are remembered. Default: made of the User-Agent header. */
  readonly device?: string;
}

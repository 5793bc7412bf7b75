import type { Exchange, Session } from "../session/index.ts";
import type { LoginUserOptions } from "./options.ts";

/** One request, as far as logins are concerned. */
export interface LoginRequest {
  readonly exchange: Exchange<object>;
  readonly session: Session;
  /** The address of the visitor, where it is known. */
  readonly address: string | undefined;
}

/** How the application tells whether there is a user. */
export type Lookup<User> = (id: string) => Promise<User | undefined>;

/** How logins are written down: in our own way, or in Flask-Login's. */
export interface Manner {
  /** The redirect's status. */
  readonly redirect: 302 | 303;

  /** Whether {@link forget} does anything. */
  readonly forgets: boolean;

  /** Looks at where a session comes from. False: it was ended for that, or is nobody's where no change can be made any more. */
  protect(request: LoginRequest): Promise<boolean>;

  /**
   * The user that the request's remember-me cookie stands for, who is logged in from now on, if less than freshly; where no change can be
   * made any more, only known.
   */
  recall<User>(request: LoginRequest, lookup: Lookup<User>): Promise<User | undefined>;

  /** Makes this the session of a user, under a new ID; `atOnce`: the old one cannot be read for a moment longer. */
  login(request: LoginRequest, id: string, options: LoginUserOptions, atOnce?: boolean): Promise<void>;

  /** Makes nobody of the user, and forgets the browser. */
  logout(request: LoginRequest): Promise<void>;

  /** Notes that the user has just shown who they are. */
  confirm(request: LoginRequest, id: string): Promise<void>;

  /** Whether the login comes from a password, and not from a remember-me cookie. @throws ConfigError where `maxAge` cannot be told */
  isFresh(request: LoginRequest, maxAge: number | undefined): boolean;

  /** Whether the login will outlive the session. */
  isRemembered(request: LoginRequest): boolean;

  /** What a login is told that goes on as this one: whether it is remembered, for how long and on what device where that is known. */
  lasting(request: LoginRequest): Promise<Pick<LoginUserOptions, "remember" | "duration" | "device">>;

  /** Forgets all browsers that remember a user, where that can be done. */
  forget(id: string): Promise<void>;
}

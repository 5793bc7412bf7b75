import type { CookieTemplate } from "./cookie-settings.ts";

/** What Flask does otherwise than this library does by default. */
export interface FlaskRules {
  readonly cookie: CookieTemplate;
  /** `SESSION_REFRESH_EACH_REQUEST`: a permanent session's cookie goes out with every response. */
  readonly refreshEachRequest: boolean;
  /**
   * `SESSION_PERMANENT`, where sessions are in a store of Flask-Session's: what `_permanent` is in a new session. A session that
   * holds nothing else is none, and one that is emptied keeps it. Undefined for Flask's own sessions.
   */
  readonly permanent?: boolean | undefined;
}

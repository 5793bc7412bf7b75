import { ConfigError } from "../errors.ts";
import type { SessionManager } from "../session/index.ts";

/** @throws ConfigError where a cookie that remembers has the name of the session's, and each would take the other's place */
export function checkApart(sessions: SessionManager, ...names: readonly (string | undefined)[]): void {
  if (!names.includes(sessions.cookie.name)) return;
  throw new ConfigError(
    `The cookie that remembers logins has the name of the session's, ${sessions.cookie.name}. Give it another one.`,
  );
}

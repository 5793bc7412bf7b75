import { ConfigError } from "../errors.ts";

/**
 * What is built on sessions fails at once where it is given none, and not at the first request.
 *
 * @param call how it is called
 * @throws ConfigError
 */
export function checkSessions(sessions: unknown, call: string): void {
  if (typeof (sessions as { exchangeOf?: unknown } | null | undefined)?.exchangeOf === "function") return;
  const hint = sessions === undefined ? " It is undefined here: perhaps two modules import each other." : "";
  throw new ConfigError(`${call} takes what createSessions returned as sessions.${hint}`);
}

/** @throws ConfigError for what is no function */
export function checkHandler(handler: unknown, call: string): void {
  if (typeof handler !== "function")
    throw new ConfigError(`${call} takes the handler whose requests have sessions.`);
}

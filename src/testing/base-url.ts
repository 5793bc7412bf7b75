import { ConfigError } from "../errors.ts";

/** Where an application is that no server stands before, as for other test tools; browsers keep Secure cookies there, too. */
export const DEFAULT_URL = "http://localhost";

/** @throws ConfigError for what is no URL of a web server */
export function toUrl(url: string | URL): URL {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new ConfigError("The URL must be one of a server, such as http://127.0.0.1:3000.");
  return parsed;
}

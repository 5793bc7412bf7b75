import { ConfigError } from "../errors.ts";
import type { SessionManager } from "../session/index.ts";
import { DEFAULT_URL, toUrl } from "./base-url.ts";
import { workOnSession } from "./session-work.ts";

/** Whose session {@link cookieFor} makes, and where. */
export interface CookieForOptions {
  /** Who is logged in, as `regenerate({ user })` makes it. Default: nobody. */
  readonly user?: string;
  /** Where the cookie will be sent to, because its name goes by that. Default: `http://localhost`. */
  readonly url?: string | URL;
}

/**
 * The Cookie header of a new session that holds this data, for tests that send their headers by themselves: `session=…`.
 * A session in a store is stored.
 *
 * @param data is put into the session on top of what a new one holds
 * @throws ConfigError where no session would have a cookie: nothing is in it
 *
 * @example
 * const cookie = await cookieFor(sessions, { count: 5 }, { user: "ada" });
 * await app.inject({ url: "/", headers: { cookie } });
 */
export async function cookieFor<Data extends object>(
  sessions: SessionManager<Data>,
  data: Partial<Data>,
  { user, url = DEFAULT_URL }: CookieForOptions = {},
): Promise<string> {
  const { setCookies } = await workOnSession(sessions, { url: toUrl(url), cookie: "" }, async (session) => {
    Object.assign(session.data, data);
    if (user !== undefined) await session.regenerate({ user });
  });
  const pairs = setCookies.map((header) => header.split(";", 1)[0]!);
  // Where a session may take several cookies, those that it does not need are deleted.
  const kept = pairs.filter((pair) => !pair.endsWith("="));
  if (kept.length === 0)
    throw new ConfigError("A session that holds nothing has no cookie. Give it data, or a user.");
  return kept.join("; ");
}

import { CookieJar } from "tough-cookie";
import type { Login, LoginOptions } from "hipflask/login";
import { createLogin } from "hipflask/login";
import type { SessionManager } from "hipflask";
import { webSessions } from "hipflask/adapters/web";

export interface TestUser {
  readonly id: string;
  readonly isActive?: boolean;
}

/** Logins for users that are there for as long as their IDs are in the set. */
export function testLogin(
  sessions: SessionManager<any>,
  options: Partial<LoginOptions<TestUser, Request>> = {},
): { auth: Login<TestUser, Request>; users: Set<string> } {
  const users = new Set(["ada", "bob", "Zoë|☃"]);
  const loadUser = (id: string): TestUser | undefined => (users.has(id) ? { id } : undefined);
  return { auth: createLogin<TestUser, Request>(sessions, { loadUser, ...options }), users };
}

/** A browser that visits an application without a server between them. */
export class LoginBrowser {
  readonly #sessions: SessionManager<any>;
  readonly #userAgent: string;
  readonly #origin: string;
  #jar = new CookieJar(undefined, { prefixSecurity: "strict" });

  constructor(
    sessions: SessionManager<any>,
    userAgent = "Mozilla/5.0 (X11; Linux) Firefox/130.0",
    origin = "https://example.com",
  ) {
    this.#sessions = sessions;
    this.#userAgent = userAgent;
    this.#origin = origin;
  }

  /** Another browser with the cookies that this one has now: a thief's, or the same one's before an answer came. */
  copy(userAgent = this.#userAgent): LoginBrowser {
    const other = new LoginBrowser(this.#sessions, userAgent, this.#origin);
    other.#jar = this.#jar.cloneSync()!;
    return other;
  }

  /** Ends the browser's session: what has no date is gone. */
  restart(): void {
    const { cookies, ...jar } = this.#jar.serializeSync()!;
    const kept = cookies.filter(({ expires }) => expires !== undefined && expires !== "Infinity");
    this.#jar = CookieJar.deserializeSync({ ...jar, cookies: kept });
  }

  cookie(name: string): string | undefined {
    return this.#jar.getCookiesSync(this.#origin).find(({ key }) => key === name)?.value;
  }

  setCookie(header: string): void {
    this.#jar.setCookieSync(header, this.#origin);
  }

  /** One request; what `work` gives is the answer. */
  async send(work: (request: Request) => unknown, path = "/"): Promise<Response> {
    const answer = webSessions(this.#sessions, async (asked: Request) =>
      Response.json((await work(asked)) ?? null),
    );
    const cookie = this.#jar.getCookieStringSync(this.#origin);
    const headers = { "User-Agent": this.#userAgent, ...(cookie === "" ? {} : { Cookie: cookie }) };
    const response = await answer(new Request(this.#origin + path, { headers }));
    for (const header of response.headers.getSetCookie()) this.#jar.setCookieSync(header, this.#origin);
    return response;
  }

  /** What `work` gives, in a request that is answered with 200. */
  async ask<T>(work: (request: Request) => T | Promise<T>, path?: string): Promise<T | null> {
    const response = await this.send(work, path);
    if (response.status !== 200) throw new Error(`The answer was ${response.status}`);
    return (await response.json()) as T | null;
  }
}

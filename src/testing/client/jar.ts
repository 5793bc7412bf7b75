import type { Cookie } from "tough-cookie";
import type { Clock } from "../../clock.ts";
import { checkNeedsSecure, checkPrefix } from "../../cookie/attributes.ts";
import { parseSetCookie, type SetCookie } from "../../cookie/index.ts";
import { ConfigError } from "../../errors.ts";

/** A browser's cookies. They are tough-cookie's business, which is loaded when the first one is asked for. */
export class Jar {
  readonly #clock: Clock;
  #opened: ReturnType<typeof openTough> | undefined;

  /** @param clock when cookies expire */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The Cookie header of a request to this URL; empty where there is none. */
  async header(url: URL): Promise<string> {
    return join(await this.#live(url, false));
  }

  /** The Cookie header of this URL's whole host, whatever the cookies' paths are. */
  async wholeHeader(url: URL): Promise<string> {
    return join(await this.#live(url, true));
  }

  /** The value of a cookie of this URL's host; undefined where there is none. */
  async value(name: string, url: URL): Promise<string | undefined> {
    return (await this.#live(url, true)).find(({ key }) => key === name)?.value;
  }

  /**
   * Takes a Set-Cookie header that came from this URL, if a browser would.
   *
   * @returns why it would not; undefined where the cookie was taken
   */
  async put(setCookie: string, url: URL): Promise<string | undefined> {
    const { tough, jar } = await this.#open();
    const parsed = parseSetCookie(setCookie);
    if (parsed === undefined) return "It is no cookie, or a too large one.";
    const { name, value, domain = null, path = null, secure = false, httpOnly = false } = parsed;
    const expires = expiryOf(parsed, this.#clock);
    try {
      // Without a name, no value may look like a protected cookie.
      checkPrefix(name === "" ? value : name, name === "" ? {} : parsed);
      checkNeedsSecure(parsed);
      await jar.setCookie(
        new tough.Cookie({ key: name, value, expires, domain, path, secure, httpOnly }),
        url,
      );
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Forgets every cookie of this name on this URL's host. */
  async remove(name: string, url: URL): Promise<void> {
    const { jar } = await this.#open();
    for (const { domain, path, key } of await this.#live(url, true))
      if (key === name) await jar.store.removeCookie(domain, path, key);
  }

  async #live(url: URL, allPaths: boolean): Promise<Cookie[]> {
    const { jar } = await this.#open();
    const cookies = await jar.getCookies(url, { allPaths, expire: false, sort: true });
    const now = this.#clock.now();
    return cookies.filter((cookie) => (cookie.expiryTime() ?? Infinity) > now);
  }

  #open(): ReturnType<typeof openTough> {
    return (this.#opened ??= openTough());
  }
}

async function openTough() {
  const tough = await import("tough-cookie").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ConfigError(
      "The test client keeps its cookies by tough-cookie: npm install --save-dev tough-cookie",
    );
  });
  return { tough, jar: new tough.CookieJar(undefined, { prefixSecurity: "strict" }) };
}

/** By tough-cookie's own rules `Max-Age` would count from the last use, and by the machine's clock. */
function expiryOf({ maxAge, expires }: SetCookie, clock: Clock): Date | "Infinity" {
  if (maxAge === undefined) return expires ?? "Infinity";
  return new Date(maxAge <= 0 ? 0 : clock.now() + maxAge * 1000);
}

function join(cookies: readonly Cookie[]): string {
  return cookies.map((cookie) => cookie.cookieString()).join("; ");
}

import { CookieJar } from "tough-cookie";

/** One browser: a cookie jar over `fetch`. As in every browser, cookies do not ask for the port. */
export class Browser {
  readonly jar = new CookieJar();
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers sent with every request */
  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = headers;
  }

  async send(
    method: string,
    url: string,
    query: Record<string, string> = {},
    body?: unknown,
  ): Promise<Response> {
    const target = `${url}?${new URLSearchParams(query)}`;
    const response = await fetch(target, {
      method,
      redirect: "manual",
      headers: {
        ...this.#headers,
        Cookie: await this.jar.getCookieString(target),
        "Content-Type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) await this.jar.setCookie(cookie, target);
    if (response.status >= 300) throw new Error(`${method} ${target} answered ${response.status}`);
    return response;
  }

  async get(url: string): Promise<any> {
    return (await this.send("GET", url)).json();
  }

  async post(url: string, query?: Record<string, string>): Promise<any> {
    return (await this.send("POST", url, query)).json();
  }

  /** The value of the cookie that goes to `url`, if there is one. */
  async cookie(name: string, url: string): Promise<string | undefined> {
    return (await this.jar.getCookies(url)).find((cookie) => cookie.key === name)?.value;
  }
}

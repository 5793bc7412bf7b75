import { type Clock, systemClock } from "../../clock.ts";
import { type CookieAttributes, stringifySetCookie } from "../../cookie/index.ts";
import { ConfigError } from "../../errors.ts";
import type { Session, SessionManager } from "../../session/index.ts";
import { workOnSession } from "../session-work.ts";
import { Jar } from "./jar.ts";
import { nextStep, type Step } from "./redirect.ts";
import type { OpenTarget } from "./served.ts";
import { openTarget, type TestTarget } from "./target.ts";

/** What {@link TestClient} is told beside what it asks. */
export interface TestClientOptions {
  /** What paths are relative to, for a handler without a network. Default: `http://localhost`, where Secure cookies work, too. */
  readonly baseUrl?: string | URL;
  /** What the client's cookies expire by: the clock of the sessions, where that is a `FakeClock`. Default: the machine's. */
  readonly clock?: Clock;
}

/** The options of a request: those of `fetch`, and `json`. */
export interface TestRequestInit extends RequestInit {
  /** Sent as the body, with its Content-Type. */
  readonly json?: unknown;
  /** `follow` follows redirects within the application, `error` throws. Default: `manual`, the redirect is the response; Flask's `follow_redirects`. */
  readonly redirect?: "follow" | "manual" | "error";
}

/** How often `fetch` follows a redirect. */
const MOST_REDIRECTS = 20;

/**
 * A browser, as far as cookies go, for tests: it keeps what the application sets and sends it where it belongs. Flask's `test_client`.
 * It needs the package `tough-cookie`.
 *
 * @example
 * const client = new TestClient(app); // Hono, H3, webSessions; createServer(app) for Express; see TestTarget
 * await client.post("/login", { json: { user: "ada" } });
 * const page = await client.get("/", { redirect: "follow" });
 */
export class TestClient {
  readonly #target: OpenTarget;
  readonly #jar: Jar;

  /** @throws ConfigError for what cannot be asked */
  constructor(target: TestTarget, { baseUrl, clock = systemClock }: TestClientOptions = {}) {
    this.#target = openTarget(target, baseUrl);
    this.#jar = new Jar(clock);
  }

  /** Sends a GET request, as {@link TestClient.fetch} does. */
  get(path: string, init?: TestRequestInit): Promise<Response> {
    return this.fetch(path, { ...init, method: "GET" });
  }

  /** Sends a HEAD request, as {@link TestClient.fetch} does. */
  head(path: string, init?: TestRequestInit): Promise<Response> {
    return this.fetch(path, { ...init, method: "HEAD" });
  }

  /** Sends a POST request, as {@link TestClient.fetch} does. */
  post(path: string, init?: TestRequestInit): Promise<Response> {
    return this.fetch(path, { ...init, method: "POST" });
  }

  /** Sends a PUT request, as {@link TestClient.fetch} does. */
  put(path: string, init?: TestRequestInit): Promise<Response> {
    return this.fetch(path, { ...init, method: "PUT" });
  }

  /** Sends a PATCH request, as {@link TestClient.fetch} does. */
  patch(path: string, init?: TestRequestInit): Promise<Response> {
    return this.fetch(path, { ...init, method: "PATCH" });
  }

  /** Sends a DELETE request, as {@link TestClient.fetch} does. */
  delete(path: string, init?: TestRequestInit): Promise<Response> {
    return this.fetch(path, { ...init, method: "DELETE" });
  }

  /**
   * Sends a request with the client's cookies, and keeps those that come back, on every hop. A Cookie header of the request's own is sent
   * in place of the client's.
   *
   * @throws ConfigError for a URL outside of the application, also where a redirect that is followed leads there
   * @throws TypeError as `fetch` does; errors of a handler without a network as they are
   */
  async fetch(path: string, init: TestRequestInit = {}): Promise<Response> {
    const { redirect = "manual" } = init;
    const base = await this.#target.base();
    let step: Step = { url: new URL(path, base), init: sent(init) };
    for (let redirects = 0; ; redirects += 1) {
      if (step.url.origin !== base.origin)
        throw new ConfigError(
          `A test client asks its own application alone, and that is not at ${step.url.origin}.`,
        );
      const response = await this.#send(step);
      const next = redirect === "manual" ? undefined : nextStep(step, response);
      if (next === undefined) return response;
      // Not waited for: where somebody holds a copy of the body, it ends with that one.
      response.body?.cancel().catch(() => undefined);
      if (redirect === "error") throw new TypeError("There was a redirect.");
      if (redirects === MOST_REDIRECTS) throw new TypeError("There were too many redirects.");
      step = next;
    }
  }

  async #send({ url, init }: Step): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("Cookie")) {
      const cookie = await this.#jar.header(url);
      if (cookie !== "") headers.set("Cookie", cookie);
    }
    const response = await this.#target.send(new Request(url, { ...init, headers }));
    if (typeof response?.headers?.getSetCookie !== "function")
      throw new ConfigError(
        "The handler did not answer with a Response. A handler of node:http's kind is asked through createServer(handler).",
      );
    // As in a browser: what it does not take, it drops.
    for (const setCookie of response.headers.getSetCookie()) await this.#jar.put(setCookie, url);
    return response;
  }

  /** The value of a cookie that the client holds for the application, whatever its path is; undefined: none. Flask's `get_cookie`. */
  async cookie(name: string): Promise<string | undefined> {
    return this.#jar.value(name, await this.#target.base());
  }

  /**
   * Puts a cookie into the client, as the application would set it. Flask's `set_cookie`.
   *
   * @param attributes default: path `/`
   * @throws CookieError | TooLargeError for what is no cookie; ConfigError where no browser would take it from the application
   */
  async setCookie(name: string, value: string, attributes: CookieAttributes = {}): Promise<void> {
    await this.#put(stringifySetCookie(name, value, { path: "/", ...attributes }));
  }

  /** Takes a cookie out of the client, whatever its path is. Flask's `delete_cookie`. */
  async deleteCookie(name: string): Promise<void> {
    await this.#jar.remove(name, await this.#target.base());
  }

  /**
   * Lets `work` read and change this client's session, between requests or before the first one, and commits it: the next request finds it.
   * Flask's `session_transaction`. Where `work` throws, nothing of `session` is stored; what `update`, `regenerate` and `destroy` do in a store
   * they have done at once.
   *
   * @param sessions those of the application
   * @returns what `work` returns
   * @throws what `work` throws; what storing throws; ConfigError where no browser would take the session's cookie from the application
   *
   * @example
   * await client.sessionTransaction(sessions, (session) => {
   *   session.data.count = 5;
   * });
   */
  async sessionTransaction<Data extends object, Result>(
    sessions: SessionManager<Data>,
    work: (session: Session<Data>) => Result | Promise<Result>,
  ): Promise<Result> {
    const url = await this.#target.base();
    const cookie = await this.#jar.wholeHeader(url);
    const { result, setCookies } = await workOnSession(sessions, { url, cookie }, work);
    for (const setCookie of setCookies) await this.#put(setCookie);
    return result;
  }

  async #put(setCookie: string): Promise<void> {
    const url = await this.#target.base();
    const refused = await this.#jar.put(setCookie, url);
    if (refused !== undefined)
      throw new ConfigError(`No browser would take the cookie from ${url.origin}. ${refused}`);
  }

  /** Ends the server, where the client has opened it. */
  close(): Promise<void> {
    return this.#target.close();
  }

  /** `await using client = new TestClient(createServer(app))` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A request of `fetch`'s that `json` is the body of. */
function sent({ json, ...init }: TestRequestInit): Step["init"] {
  const headers = new Headers(init.headers);
  const request = { ...init, method: init.method ?? "GET", headers, redirect: "manual" as const };
  if (json === undefined) return request;
  if (init.body !== undefined) throw new ConfigError("A request has a body or json, not both.");
  if (!headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  return { ...request, body: JSON.stringify(json) };
}

import { describe, expect, test } from "vitest";
import { answer, openWebExchange, withExchangeHeaders } from "../adapters/web-exchange.ts";
import type { SessionManager } from "../session/index.ts";
import { adapterSuite, type AdapterCapabilities } from "./index.ts";

type Adapter = (
  sessions: SessionManager,
  request: Request,
  handle: () => Promise<Response>,
) => Promise<Response>;

interface Trial {
  /** Which tests to run, by their names. Default: all. */
  readonly only?: RegExp;
  readonly capabilities?: AdapterCapabilities;
}

/** Runs the suite on an adapter, and gives the names of the tests that failed. */
async function failures(adapter: Adapter, { only = /^/, capabilities = {} }: Trial = {}): Promise<string[]> {
  const failed: string[] = [];
  let ended: Promise<void> = Promise.resolve();
  adapterSuite({
    test(name, run) {
      if (only.test(name)) ended = ended.then(run).catch(() => void failed.push(name));
    },
    capabilities: { keepsOnError: false, plainErrors: true, ...capabilities },
    serve: async ({ sessions, respond, onError }) => ({
      async fetch(request) {
        try {
          return await adapter(sessions, request, () => respond(request, request));
        } catch (error) {
          if (onError === undefined) throw error;
          return onError(error);
        }
      },
    }),
  });
  await ended;
  return failed;
}

/** An adapter that does what it should. */
const good: Adapter = (sessions, request, handle) => answer(sessions, request, request, handle);

/** An adapter that does what it should, and something to its response. */
const then =
  (change: (response: Response) => void): Adapter =>
  async (...given) => {
    const response = await good(...given);
    const own = new Response(response.body, response);
    change(own);
    return own;
  };

test("an adapter that does what it should passes", async () => {
  expect(await failures(good)).toEqual([]);
});

test("an adapter that keeps what it should not, or has an error page where it says that it has none, does not pass", async () => {
  expect(
    await failures(good, { only: /what was written before it, or/, capabilities: { keepsOnError: true } }),
  ).toHaveLength(3);
  const paged = then((response) => void (response.status === 503 && response.headers.set("X-Own", "1")));
  expect(await failures(paged, { only: /503 where GET/ })).not.toEqual([]);
});

describe("the suite finds an adapter that", () => {
  const cases: Record<string, [expected: RegExp, adapter: Adapter]> = {
    "never says Vary": [/Vary where the handler reads it/, then(({ headers }) => headers.delete("Vary"))],
    "always says Vary": [
      /nothing about a session that nobody looked at/,
      then(({ headers }) => headers.set("Vary", "Cookie")),
    ],
    "says no-store of everything": [
      /Cache-Control where the handler reads it/,
      then(({ headers }) => headers.set("Cache-Control", "no-store")),
    ],
    "sends one cookie at most": [
      /beside those of the application/,
      then(({ headers }) => {
        const cookies = headers.getSetCookie();
        if (cookies.length > 0) headers.set("Set-Cookie", cookies.at(-1)!);
      }),
    ],
    "sends a cookie twice": [
      /one cookie per name/,
      then(({ headers }) => {
        for (const cookie of headers.getSetCookie()) headers.append("Set-Cookie", cookie);
      }),
    ],
    "does not commit": [
      /a redirect of status 302/,
      async (sessions, request, handle) => {
        sessions.bind(request, openWebExchange(sessions, request));
        return handle();
      },
    ],
    "does not wait for the store": [
      /with a slow store: a redirect of status 302|needs 120 ms/,
      async (sessions, request, handle) => {
        const exchange = openWebExchange(sessions, request);
        sessions.bind(request, exchange);
        const response = await handle();
        void exchange.commit();
        return withExchangeHeaders(response, exchange);
      },
    ],
    "commits when the body has left": [
      /first chunk is a HeadersSentError/,
      async (sessions, request, handle) => {
        const exchange = openWebExchange(sessions, request);
        sessions.bind(request, exchange);
        const response = await handle();
        const text = response.body === null ? null : await response.text();
        await exchange.commit();
        return withExchangeHeaders(new Response(text, response), exchange);
      },
    ],
    "loads sessions that nobody asks for": [
      /ask the store nothing/,
      (sessions, request, handle) =>
        good(sessions, request, async () => {
          await sessions.get(request);
          return handle();
        }),
    ],
    "does not tell whose request is under way": [
      /sessions\.current\(\)/,
      async (sessions, request, handle) => {
        const exchange = openWebExchange(sessions, request);
        sessions.bind(request, exchange);
        const response = await handle();
        await exchange.commit();
        return withExchangeHeaders(response, exchange);
      },
    ],
    "takes plain http for https": [
      /GET answered 200/,
      (sessions, request, handle) => {
        const secure = new Request(request.url.replace("http:", "https:"), request);
        return answer(sessions, request, secure, handle);
      },
    ],
    "does not look at the host": [
      /__Host- and Secure/,
      (sessions, request, handle) => {
        const { headers } = new Request(request);
        headers.set("Host", "localhost");
        return answer(sessions, request, { url: "http://localhost/", headers }, handle);
      },
    ],
    "answers as if the store had stored": [
      /503 where GET was answered with text/,
      async (sessions, request, handle) => {
        const exchange = openWebExchange(sessions, request);
        sessions.bind(request, exchange);
        const response = await handle();
        await exchange.commit()?.catch(() => undefined);
        return withExchangeHeaders(response, exchange);
      },
    ],
    "leaves the answer's headers on the refusal": [
      /503 where GET was answered with text/,
      then((response) => void (response.status === 503 && response.headers.set("ETag", '"e"'))),
    ],
    "stores what the answer to a failure says": [
      /nothing is stored with the answer to a failure/,
      async (sessions, request, handle) => {
        const exchange = openWebExchange(sessions, request);
        sessions.bind(request, exchange);
        const response = await handle();
        await exchange.commit();
        return withExchangeHeaders(response, exchange);
      },
    ],
    "answers what cannot be stored": [
      /data that has no text/,
      async (sessions, request, handle) => {
        const exchange = openWebExchange(sessions, request);
        sessions.bind(request, exchange);
        const response = await handle();
        try {
          await exchange.commit();
        } catch {
          return new Response("sorry", { status: 500 });
        }
        return withExchangeHeaders(response, exchange);
      },
    ],
    "has one session for several contexts": [
      /a context that the adapter has never seen/,
      (sessions, request, handle) => {
        const { get } = sessions;
        sessions.get = () => get.call(sessions, request);
        return good(sessions, request, handle).finally(() => void (sessions.get = get));
      },
    ],
    "reads the first of several cookies": [
      /of a bad one and a genuine one/,
      (sessions, request, handle) => {
        const cookie = request.headers.get("Cookie")?.split("; ", 1)[0] ?? "";
        const cut = new Request(request, { headers: { cookie } });
        return answer(sessions, request, cut, handle);
      },
    ],
  };

  test.each(Object.entries(cases))("%s", async (_, [expected, adapter]) => {
    expect(await failures(adapter, { only: expected })).not.toEqual([]);
    expect(await failures(good, { only: expected })).toEqual([]);
  });
});

import { createServer } from "node:http";
import { webSessions } from "hipflask/adapters/web";
import { cookieFor } from "hipflask/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { listen } from "../support/client.ts";
import { newSession, signed, slow, stored } from "../../src/testing/adapters/storages.ts";

describe.each([signed, stored, slow])("webSessions with $name", (storage) => {
  const sessions = storage.sessions();

  /** `webSessions` around a handler that writes to the session first. */
  function writing(answer: () => Response | Promise<Response>): (cookie?: string) => Promise<Response> {
    const handle = webSessions(sessions, async (request: Request) => {
      (await sessions.get(request)).data["n"] = 1;
      return answer();
    });
    return (cookie) =>
      handle(new Request("http://localhost/", cookie === undefined ? {} : { headers: { cookie } }));
  }

  test("a redirect, whose headers cannot be changed, gets the session's", async () => {
    const response = await writing(() => Response.redirect("http://localhost/target", 303))();
    expect([response.status, response.headers.get("location")]).toEqual([303, "http://localhost/target"]);
    expect(response.headers.getSetCookie()).toHaveLength(1);
  });

  test("an answer of another server is handed on with its own cookies, status and body", async () => {
    const server = createServer((_, response) => {
      response
        .writeHead(418, "Teapot", { "Set-Cookie": ["a=1", "b=2"], Vary: "Accept" })
        .end("short and stout");
    });
    const { origin, close } = await listen(server);
    onTestFinished(close);
    const response = await writing(() => fetch(origin))();
    expect([response.status, response.statusText, await response.text()]).toEqual([
      418,
      "Teapot",
      "short and stout",
    ]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2", expect.stringMatching(/^session=/)]);
    expect(response.headers.get("vary")).toBe("Accept, Cookie");
  });

  test("a response that the application gives to everybody holds nobody's cookies", async () => {
    const noContent = new Response(null, { status: 204 });
    const handle = writing(() => noContent);
    const replies = [await handle(), await handle(`other=${await newSession(sessions)}`)];
    for (const reply of replies) expect(reply.headers.getSetCookie()).toHaveLength(1);
    expect([...noContent.headers]).toEqual([]);
  });

  test("the handler gets what comes after the request", async () => {
    const handle = webSessions(
      sessions,
      (_: Request, env: { key: string }, n: number) => new Response(env.key + n),
    );
    expect(await (await handle(new Request("http://localhost/"), { key: "k" }, 7)).text()).toBe("k7");
  });

  test("a request without a host has its path alone for a URL, as with Bun", async () => {
    const cookie = await cookieFor(sessions, { n: 1 }, { url: "https://example.com" });
    const request = { url: "/path?a=b", method: "GET", headers: new Headers({ cookie }) } as Request;
    const handle = webSessions(sessions, async (asked: Request) =>
      Response.json([(await sessions.get(asked)).data, sessions.exchangeOf(asked)!.request]),
    );
    const [data, facts] = (await (await handle(request)).json()) as unknown[];
    expect([data, facts]).toEqual([{ n: 1 }, { cookie, encrypted: false, method: "GET", url: "/path?a=b" }]);
  });

  test("no answer, to what Bun has made a WebSocket of, stays none, and what was written is kept in a store", async () => {
    const upgrade = webSessions(sessions, async (request: Request) => {
      (await sessions.get(request)).data["n"] = 1;
      return undefined;
    });
    const cookie = `session=${await newSession(sessions, { n: 0 })}`;
    const request = () => new Request("http://localhost/", { headers: { cookie } });
    expect(await upgrade(request())).toBe(undefined);
    const { data } = await sessions.fromRequest(request());
    expect(data).toEqual({ n: storage.isStored ? 1 : 0 });
  });

  test("what the handler throws is thrown on as it is", async () => {
    const error = new Error("the handler failed");
    const handle = writing(() => Promise.reject(error));
    await expect(handle()).rejects.toBe(error);
  });

  test("what the handler wrote before it threw is kept in a store, and no cookie brings it", async () => {
    const cookie = `session=${await newSession(sessions, { n: 0 })}`;
    await expect(writing(() => Promise.reject(new Error("the handler failed")))(cookie)).rejects.toThrow(
      "failed",
    );
    let data: unknown;
    await webSessions(sessions, async (request: Request) => {
      ({ data } = await sessions.get(request));
      return new Response();
    })(new Request("http://localhost/", { headers: { cookie } }));
    expect(data).toEqual({ n: storage.isStored ? 1 : 0 });
  });

  test("over https the cookie is Secure on this machine too", async () => {
    const handle = webSessions(sessions, async (request: Request) => {
      (await sessions.get(request)).data["n"] = 1;
      return new Response("ok");
    });
    const [cookie] = (await handle(new Request("https://localhost/"))).headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-session=[^;]+; Secure;/);
  });
});

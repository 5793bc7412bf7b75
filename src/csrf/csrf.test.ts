import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { createSessions, type Session } from "../session/index.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { KEY, OTHER_KEY, Visitor } from "../../test/support/visitor.ts";
import { CsrfTokens, originCheck } from "./index.ts";

const url = "https://shop.example/buy";

function request(method: string, headers: Record<string, string>) {
  return { method, url, headers: { host: "shop.example", ...headers } };
}

describe("originCheck", () => {
  test.each([
    ["headers in lists", { "sec-fetch-site": ["cross-site"], host: ["a.example"] }, "cross-site"],
    [
      "two answers at once",
      { "sec-fetch-site": ["same-origin", "cross-site"], host: "a.example" },
      "cross-site",
    ],
    ["a default port at the host alone", { origin: "http://intranet", host: "intranet:80" }, undefined],
    ["another port", { origin: "http://intranet", host: "intranet:8080" }, "other-origin"],
    ["a host that is none", { origin: "http://intranet", host: "in tranet" }, "other-origin"],
  ])("reads %s", (_, headers, found) => {
    expect(originCheck()({ method: "POST", headers } as never)).toBe(found);
  });

  const check = originCheck({ trustedOrigins: ["https://accounts.example"] });

  test.each([
    [
      "the application's own page",
      "POST",
      { "sec-fetch-site": "same-origin", origin: "https://shop.example" },
    ],
    ["somebody who types the address", "POST", { "sec-fetch-site": "none" }],
    ["a link from anywhere", "GET", { "sec-fetch-site": "cross-site" }],
    [
      "what browsers ask before they ask",
      "OPTIONS",
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
    ],
    ["a trusted origin", "POST", { "sec-fetch-site": "cross-site", origin: "https://accounts.example" }],
    ["a program that is no browser", "POST", {}],
    ["an older browser's own page", "POST", { origin: "https://shop.example" }],
    ["a page that a proxy has served over https", "POST", { origin: "http://shop.example" }],
    ["its own page's WebSocket", "GET", { upgrade: "websocket", origin: "https://shop.example" }],
    ["a trusted page's WebSocket", "GET", { upgrade: "websocket", origin: "https://accounts.example" }],
    ["a program's WebSocket", "GET", { upgrade: "websocket" }],
  ])("lets %s pass", (_, method, headers) => {
    expect(check(request(method, headers as never))).toBeUndefined();
    const fetched = new Request(url, { method, headers: { host: "shop.example", ...(headers as object) } });
    expect(check(fetched)).toBeUndefined();
  });

  test.each([
    [
      "another site",
      "POST",
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      "cross-site",
    ],
    ["another site without an Origin", "POST", { "sec-fetch-site": "cross-site" }, "cross-site"],
    ["a neighbour on the same domain", "DELETE", { "sec-fetch-site": "same-site" }, "same-site"],
    ["a word that nobody knows", "PUT", { "sec-fetch-site": "whatever" }, "cross-site"],
    ["an older browser on another site", "POST", { origin: "https://evil.example" }, "other-origin"],
    ["a sandboxed page", "POST", { origin: "null" }, "other-origin"],
    ["a host that only begins the same", "POST", { origin: "https://shop.example.evil" }, "other-origin"],
    ["another port", "POST", { origin: "https://shop.example:8443" }, "other-origin"],
    [
      "a neighbour's WebSocket",
      "GET",
      { upgrade: "WebSocket", origin: "https://blog.shop.example" },
      "other-origin",
    ],
    [
      "a neighbour's WebSocket in Firefox",
      "GET",
      { upgrade: "websocket", "sec-fetch-site": "same-site", origin: "https://blog.shop.example" },
      "same-site",
    ],
    ["a method in small letters", "post", { "sec-fetch-site": "cross-site" }, "cross-site"],
  ])("refuses %s", (_, method, headers, reason) => {
    expect(check(request(method, headers as never))).toBe(reason);
  });

  test.each([
    "accounts.example",
    "https://accounts.example/",
    "https://a.example/path",
    "https://*.example",
    "*",
    "",
  ])("takes %j for no origin", (origin) => {
    expect(() => originCheck({ trustedOrigins: [origin] })).toThrow(ConfigError);
  });

  test("takes one origin for no list of them", () => {
    expect(() => originCheck({ trustedOrigins: "https://a.example" as never })).toThrow(/takes a list/);
  });
});

describe("CsrfTokens", () => {
  test("are good where the session's schema does not know their part", async () => {
    const sessions = createSessions({ secretKey: KEY, schema: z.object({ n: z.number().default(0) }) });
    const csrf = new CsrfTokens({ secretKey: KEY });
    const browser = new Visitor(sessions);
    let token = "";
    await browser.visit((session) => void (token = csrf.make(session)));
    await browser.visit((session) => {
      expect([csrf.isGood(session, token), csrf.isGood(session, csrf.make(session))]).toEqual([true, true]);
      expect(session.data).toEqual({ n: 0 });
    });
  });

  const csrf = new CsrfTokens({ secretKey: KEY });

  async function visitor(): Promise<Session> {
    return createSessions({ secretKey: KEY })
      .open({ cookie: "", host: "shop.example", encrypted: true })
      .session();
  }

  test("a token is good in its session, and in no other", async () => {
    const [ada, bob] = [await visitor(), await visitor()];
    const token = csrf.make(ada);
    csrf.make(bob);
    expect(csrf.isGood(ada, token)).toBe(true);
    expect(csrf.isGood(bob, token)).toBe(false);
    expect(csrf.isGood(await visitor(), token)).toBe(false);
  });

  test.each([undefined, null, "", "x", 5, ["a"], {}, "a.b.c"])("%j is none", async (token) => {
    const session = await visitor();
    csrf.make(session);
    expect(csrf.isGood(session, token)).toBe(false);
  });

  test("a changed token, and one of another key, are none", async () => {
    const session = await visitor();
    const token = csrf.make(session);
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "A" ? "B" : "A";
      expect(csrf.isGood(session, token.slice(0, at) + other + token.slice(at + 1))).toBe(false);
    }
    const rotated = new CsrfTokens({ secretKey: OTHER_KEY, secretKeyFallbacks: [KEY] });
    expect(rotated.isGood(session, token)).toBe(true);
    expect(csrf.isGood(session, rotated.make(session))).toBe(false);
  });

  test("a token is good for an hour, or as long as is said", async () => {
    const clock = new FakeClock();
    const session = await visitor();
    const timed = new CsrfTokens({ secretKey: KEY, clock });
    const endless = new CsrfTokens({ secretKey: KEY, clock, timeLimit: null });
    const token = timed.make(session);
    clock.move(3600);
    expect(timed.isGood(session, token)).toBe(true);
    clock.move(1);
    expect(timed.isGood(session, token)).toBe(false);
    expect(endless.isGood(session, token)).toBe(true);
  });

  test("a token is good on a machine whose clock is up to five seconds behind, unless it is Flask-WTF's", async () => {
    const clock = new FakeClock();
    const session = await visitor();
    const limited = new CsrfTokens({ secretKey: KEY, clock });
    const endless = new CsrfTokens({ secretKey: KEY, clock, timeLimit: null });
    const flask = new CsrfTokens({ secretKey: KEY, clock, flaskWtf: true });
    const [ours, flasks] = [limited.make(session), flask.make(session)];
    const good = () => [
      limited.isGood(session, ours),
      endless.isGood(session, ours),
      flask.isGood(session, flasks),
    ];
    expect(good()).toEqual([true, true, true]);
    clock.move(-1);
    expect(good()).toEqual([true, true, false]);
    clock.move(-4);
    expect(good()).toEqual([true, true, false]);
    clock.move(-1);
    expect(good()).toEqual([false, true, false]);
  });

  test("a login makes the tokens of before useless, unless they are Flask-WTF's", async () => {
    const session = await visitor();
    const flask = new CsrfTokens({ secretKey: KEY, flaskWtf: true });
    const [ours, flasks] = [csrf.make(session), flask.make(session)];
    await session.regenerate({ user: "ada" });
    expect(csrf.isGood(session, ours)).toBe(false);
    expect(csrf.isGood(session, csrf.make(session))).toBe(true);
    expect(flask.isGood(session, flasks)).toBe(true);
  });

  test.each([
    ["no options", undefined],
    ["no key", { secretKey: undefined }],
    ["an empty key", { secretKey: "" }],
    ["one key where a list is needed", { secretKey: KEY, secretKeyFallbacks: OTHER_KEY }],
    ["no time", { secretKey: KEY, timeLimit: Number.NaN }],
    ["no name", { secretKey: KEY, fieldName: "" }],
  ])("takes not %s", (_, options) => {
    expect(() => new CsrfTokens(options as never)).toThrow(ConfigError);
  });

  test("takes former keys that are not set", () => {
    expect(() => new CsrfTokens({ secretKey: KEY, secretKeyFallbacks: [undefined] })).not.toThrow();
  });
});

import { describe, expect, test } from "vitest";
import { setUp } from "../../test/support/cookie-sessions.ts";
import { inProduction } from "../../test/support/production.ts";
import { Visitor } from "../../test/support/visitor.ts";
import { ConfigError } from "../errors.ts";
import type { SessionCookieOptions } from "./cookie-settings.ts";

const ATTRIBUTES = "; Secure; HttpOnly; Path=/; SameSite=Lax";

describe("the cookie", () => {
  test("has every protection that a browser offers", async () => {
    const { visitor } = setUp();
    const { setCookies } = await visitor.visit(({ data }) => (data["a"] = 1));
    expect(setCookies).toHaveLength(1);
    expect(setCookies[0]).toMatch(/^__Host-session=[\w.-]+; Secure; HttpOnly; Path=\/; SameSite=Lax$/);
  });

  test("is not set for a visitor whose session nobody wrote to", async () => {
    const { visitor, types } = setUp();
    expect(await visitor.exchange(() => {})).toEqual({ setCookies: [], vary: null, cacheControl: null });
    expect(await visitor.visit(({ data }) => data["a"])).toEqual({
      setCookies: [],
      vary: "Cookie",
      cacheControl: null,
    });
    expect(types()).toEqual([]);
  });

  test("is of no importance to a response whose handler has the session and does not look at it", async () => {
    const { visitor } = setUp();
    const seen: boolean[] = [];
    const unused = await visitor.visit((session) => seen.push(session.accessed));
    expect(unused.vary).toBe(null);
    for (const look of [
      (s: any) => s.data,
      (s: any) => s.new,
      (s: any) => s.user,
      (s: any) => s.flashes(),
      (s: any) => s.modified,
    ]) {
      const { vary } = await visitor.visit((session) => {
        look(session);
        seen.push(session.accessed);
      });
      expect(vary).toBe("Cookie");
    }
    expect(seen).toEqual([false, true, true, true, true, true]);
  });

  test("is set once for a session, and again only when something changed", async () => {
    const { visitor, types } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    for (const work of [({ data }: any) => data["a"], ({ data }: any) => (data["a"] = 1)]) {
      expect((await visitor.visit(work)).setCookies).toEqual([]);
    }
    expect((await visitor.visit(({ data }) => (data["a"] = 2))).setCookies).toHaveLength(1);
    expect(types()).toEqual(["session.created"]);
  });

  test("goes with Cache-Control: no-store, unless the application has its own", async () => {
    const { visitor } = setUp();
    const write = (exchange: any) =>
      exchange.session().then((session: any) => (session.data.n = Math.random()));
    expect((await visitor.exchange(write)).cacheControl).toBe("no-store");
    expect((await visitor.exchange(write, { "Cache-Control": "private" })).cacheControl).toBe("private");
    expect((await visitor.visit(({ data }) => data)).cacheControl).toBe(null);
  });

  test("on this machine and over plain http has neither Secure nor a prefix, and both in production", async () => {
    const set = async (url: string) => {
      const { sessions } = setUp();
      return (await new Visitor(sessions, url).visit(({ data }) => (data["a"] = 1))).setCookies[0];
    };
    for (const host of [
      "localhost",
      "localhost:3000",
      "127.0.0.1:5555",
      "127.1.2.3",
      "[::1]:80",
      "app.localhost",
    ]) {
      expect(await set(`http://${host}/`)).toMatch(/^session=[^;]*; HttpOnly; Path=\/; SameSite=Lax$/);
      expect(await set(`https://${host}/`)).toContain(ATTRIBUTES);
    }
    for (const host of ["example.com", "localhost.example.com", "127.0.0.1.nip.io", "10.0.0.1"]) {
      expect(await set(`http://${host}/`)).toContain(ATTRIBUTES);
    }
    await inProduction(async () => expect(await set("http://localhost/")).toContain(ATTRIBUTES));
  });

  test.each(["none", "None"] as const)("is Secure on this machine too with SameSite %s", async (sameSite) => {
    const { sessions } = setUp({ cookie: { sameSite } });
    const { setCookies } = await new Visitor(sessions, "http://localhost/").visit(
      ({ data }) => (data["a"] = 1),
    );
    expect(setCookies[0]).toMatch(/; Secure; HttpOnly; Path=\/; SameSite=None$/);
  });

  test("takes the name and the attributes that it is given", async () => {
    const { visitor } = setUp({
      cookie: {
        name: "sid",
        domain: "example.com",
        path: "/",
        httpOnly: false,
        sameSite: "none",
        partitioned: true,
      },
    });
    const { setCookies } = await visitor.visit(({ data }) => (data["a"] = 1));
    expect(setCookies[0]).toMatch(
      /^sid=[^;]*; Domain=example\.com; Secure; Path=\/; SameSite=None; Partitioned$/,
    );
    const { visitor: other } = setUp({ cookie: { path: "/app" } });
    expect((await other.visit(({ data }) => (data["a"] = 1))).setCookies[0]).toMatch(/^session=.*Path=\/app/);
  });

  test("that no browser would keep is refused at the start", () => {
    for (const cookie of [
      { name: "__Host-x", path: "/app" },
      { name: "__Host-x", domain: "example.com" },
      { name: "__http-x", httpOnly: false },
      { name: "a b" },
      { domain: "a;b" },
      { path: "app" },
      { sameSite: "none", secure: false },
      { sameSite: "None", secure: false },
      { sameSite: "sometimes" },
    ] as SessionCookieOptions[]) {
      expect(() => setUp({ cookie })).toThrow(ConfigError);
    }
  });

  test("over plain http is refused in production", () =>
    inProduction(() => expect(() => setUp({ cookie: { secure: false } })).toThrow(/production/)));
});

describe("several cookies of the session's name", () => {
  test("two different good ones are none, because nobody knows whose they are", async () => {
    const { visitor, sessions, types } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    const first = visitor.cookie;
    await visitor.visit(({ data }) => (data["a"] = 2));
    const read = async (cookie: string) =>
      (await sessions.open({ cookie, host: "example.com", encrypted: true }).session()).data;
    expect(await read(`${first}; ${visitor.cookie}`)).toEqual({});
    expect(types()).toContain("cookie.duplicate");
    expect(await read(`${first}; ${first}`)).toEqual({ a: 1 });
    expect(await read(`${first.replace("=", "=x")}; ${first}`)).toEqual({ a: 1 });
  });
});

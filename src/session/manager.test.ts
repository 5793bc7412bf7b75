import { describe, expect, test, vi } from "vitest";
import { setUp } from "../../test/support/cookie-sessions.ts";
import { inProduction } from "../../test/support/production.ts";
import { KEY, OTHER_KEY, Visitor } from "../../test/support/visitor.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { ConfigError } from "../errors.ts";
import { createSessions, type SessionManager, signedCookie } from "./index.ts";

describe("keys", () => {
  test("a session signed with a fallback key is good, and signed anew when it is used", async () => {
    const clock = new FakeClock();
    const before = new Visitor(createSessions({ secretKey: OTHER_KEY, storage: signedCookie(), clock }));
    await before.visit(({ data }) => (data["a"] = 1));
    const { events, sessions } = setUp({ secretKeyFallbacks: [undefined, OTHER_KEY] });
    const answer = async (cookie: string) => {
      const exchange = sessions.open({ cookie, host: "example.com", encrypted: true });
      expect((await exchange.session()).data).toEqual({ a: 1 });
      exchange.commit();
      const headers = new Headers();
      exchange.writeTo(headers);
      return headers.getSetCookie();
    };
    const [renewed] = await answer(before.cookie);
    expect(events.map(({ type }) => type)).toEqual(["token.old_key"]);
    expect(await answer(renewed!.split(";")[0]!)).toEqual([]);
  });

  test("two kinds of sessions with one key need two salts", async () => {
    const clock = new FakeClock();
    const preferences = new Visitor(
      createSessions({
        secretKey: KEY,
        storage: signedCookie({ salt: "preferences" }),
        cookie: { name: "__Host-prefs" },
        clock,
      }),
    );
    await preferences.visit(({ data }) => (data["role"] = "admin"));
    const { sessions } = setUp();
    const cookie = preferences.cookie.replace("__Host-prefs", "__Host-session");
    expect((await sessions.open({ cookie, host: "example.com", encrypted: true }).session()).data).toEqual(
      {},
    );
  });

  test("another key, another salt and an edit are the same as no session, and one event", async () => {
    const { visitor } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    const [name, value] = visitor.cookie.split("=") as [string, string];
    for (const [cookie, options] of [
      [`${name}=${value}`, { secretKey: OTHER_KEY }],
      [`${name}=${value}`, { storage: signedCookie({ salt: "remember" }) }],
      [`${name}=${value.slice(0, -1)}${value.endsWith("A") ? "B" : "A"}`, {}],
      [`${name}=${value.replace("eyJ", "eyK")}`, {}],
      [`${name}=x`, {}],
      [`${name}=..`, {}],
    ] as const) {
      const other = setUp(options);
      const session = await other.sessions.open({ cookie, host: "example.com", encrypted: true }).session();
      expect([session.new, session.data]).toEqual([true, {}]);
      expect(other.types()).toEqual(["token.bad_mac"]);
    }
  });

  test("a missing key is an error at the start, and in production a weak one too", async () => {
    expect(() => setUp({ secretKey: undefined })).toThrow(ConfigError);
    expect(() => setUp({ secretKey: "" })).toThrow(ConfigError);
    expect(() => setUp({ secretKeyFallbacks: "old" as never })).toThrow(/list/);
    expect(() => setUp({ secretKey: "changeme" })).not.toThrow();
    expect(() => setUp({ storage: null as never })).toThrow(ConfigError);
    expect(() => setUp({ storage: signedCookie as never })).toThrow(ConfigError);
    await inProduction(() => {
      for (const secretKey of [
        "changeme",
        '_5#y2L"F4Q8z\n\xec]/',
        "größe straße häuser über",
        "пароль для сессий сайта",
      ])
        expect(() => setUp({ secretKey })).toThrow(expect.objectContaining({ code: "SECRET_WEAK" }));
    });
  });
});

describe("a caller's mistake is said at once", () => {
  test.each([
    ["no options", undefined, /needs options/],
    ["accept of something else", { secretKey: KEY, accept: [undefined] }, /accept takes/],
    ["accept that is no list", { secretKey: KEY, accept: {} }, /accept takes a list/],
    ["a clock that is a function", { secretKey: KEY, clock: () => 5 }, /clock must be/],
    ["a lifetime of ages", { secretKey: KEY, lifetime: 1e12 }, /from 1 to 3155760000/],
    ["an idle timeout of nothing", { secretKey: KEY, idleTimeout: 0 }, /from 1 to/],
  ])("%s", (_, options, message) => {
    expect(() => createSessions(options as never)).toThrow(ConfigError);
    expect(() => createSessions(options as never)).toThrow(message);
  });

  test("a context that is none, and a listener that is none", async () => {
    const { sessions } = setUp();
    await expect(sessions.get(undefined as never)).rejects.toThrow(ConfigError);
    expect(() => sessions.on("*", undefined as never)).toThrow("must be a function");
  });
});

describe("two managers in one request", () => {
  const make = (cookie: object = {}): SessionManager => createSessions({ secretKey: KEY, cookie });
  /** What is said when both see a request. */
  const warningsOf = (first: SessionManager, second: SessionManager): string[] => {
    const warned: string[] = [];
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation((message) => {
      warned.push(String(message));
    });
    const context = {};
    try {
      for (const sessions of [first, second])
        sessions.bind(context, sessions.open({ cookie: undefined, host: "example.com", encrypted: true }));
    } finally {
      emitWarning.mockRestore();
    }
    return warned;
  };

  test("are warned of, once, when they have cookies of one name", () => {
    const same = { name: "sid", path: "/" };
    expect(warningsOf(make(same), make(same))).toEqual([expect.stringContaining("a cookie called sid")]);
    expect(warningsOf(make(same), make({ name: "sid", path: "/admin" }))).toEqual([]);
    expect(warningsOf(make(), setUp().sessions)).toEqual([expect.stringContaining("__Host-session")]);
  });

  test("can have two names, and one of them may see the request twice", () => {
    const sessions = make({ name: "other" });
    expect(warningsOf(make({ name: "another" }), sessions)).toEqual([]);
    expect(warningsOf(sessions, sessions)).toEqual([]);
  });
});

describe("the current session", () => {
  const isRefused = (promise: Promise<unknown>) => expect(promise).rejects.toThrow(ConfigError);

  test("is that of the request, however deep below it, and of no other one", async () => {
    const { sessions } = setUp();
    const request = (name: string) => {
      const exchange = sessions.open({ cookie: undefined, host: "example.com", encrypted: true });
      return sessions.run(exchange, async () => {
        (await sessions.current()).data["name"] = name;
        await new Promise((resolve) => setTimeout(resolve, 1));
        expect(await sessions.current()).toBe(await exchange.session());
        return (await sessions.current()).data["name"];
      });
    };
    expect(await Promise.all(["a", "b", "c"].map(request))).toEqual(["a", "b", "c"]);
    await isRefused(sessions.current());
  });

  test("is each manager's own where one is used within another", async () => {
    const [outer, inner] = [setUp().sessions, setUp().sessions];
    const open = (sessions: typeof outer) =>
      sessions.open({ cookie: undefined, host: "example.com", encrypted: true });
    const [first, second, third] = [open(outer), open(inner), open(outer)];
    await outer.run(first, () =>
      inner.run(second, async () => {
        expect(await outer.current()).toBe(await first.session());
        expect(await inner.current()).toBe(await second.session());
        await outer.run(third, async () => expect(await outer.current()).toBe(await third.session()));
        expect(await outer.current()).toBe(await first.session());
      }),
    );
    await outer.run(first, () => isRefused(inner.current()));
  });

  test("can be done without", async () => {
    const { sessions } = setUp({ ambient: false });
    const exchange = sessions.open({ cookie: undefined, host: "example.com", encrypted: true });
    await isRefused(sessions.run(exchange, () => sessions.current()));
    await isRefused(sessions.get({}));
  });
});

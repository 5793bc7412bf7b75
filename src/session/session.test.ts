import { describe, expect, test } from "vitest";
import { z } from "zod";
import { FakeClock, KEY, OTHER_KEY, Visitor } from "../../test/support/visitor.ts";
import { ConfigError, DataError, HeadersSentError, TooLargeError } from "../errors.ts";
import { FlaskCookie, Tuple } from "../codec/index.ts";
import { createSessions, type SessionEvent, type SessionOptions, signedCookie } from "./index.ts";

type Options = Partial<SessionOptions>;

function setUp(options: Options = {}) {
  const clock = new FakeClock();
  const sessions = createSessions({ secretKey: KEY, storage: signedCookie(), clock, ...options });
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  return {
    sessions,
    clock,
    events,
    visitor: new Visitor(sessions),
    types: () => events.map(({ type }) => type),
  };
}

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
      { sameSite: "sometimes" as never },
    ] as const) {
      expect(() => setUp({ cookie })).toThrow(ConfigError);
    }
  });

  test("over plain http is refused in production", () =>
    inProduction(() => expect(() => setUp({ cookie: { secure: false } })).toThrow(/production/)));
});

describe("data", () => {
  test("keeps nested changes, deletions and a new object", async () => {
    const { visitor } = setUp();
    await visitor.visit(({ data }) => (data["cart"] = { items: [] as string[] }));
    await visitor.visit(({ data }) => (data["cart"] as any).items.push("tea"));
    await visitor.visit(({ data }) => expect(data).toEqual({ cart: { items: ["tea"] } }));
    await visitor.visit((session) => (session.data = { b: 2 }));
    await visitor.visit(({ data }) => {
      expect(data).toEqual({ b: 2 });
      delete data["b"];
    });
    expect(visitor.cookie).toBe("");
  });

  test("is one for all who ask in a request", async () => {
    const { visitor } = setUp();
    await visitor.exchange(async (exchange) => {
      const [a, b] = await Promise.all([exchange.session(), exchange.session()]);
      expect(a).toBe(b);
    });
  });

  test("that does not fit into a cookie is refused with its size and its largest keys, and nothing is sent", async () => {
    const { visitor } = setUp();
    await visitor.visit(({ data }) => (data["keep"] = "x"));
    const before = visitor.cookie;
    const error: TooLargeError = await visitor
      .visit(({ data }) => Object.assign(data, { small: 1, cart: incompressible(5000), list: ["abc"] }))
      .then(
        () => expect.unreachable(),
        (reason) => reason,
      );
    expect(error).toBeInstanceOf(TooLargeError);
    expect(error.message).toMatch(
      /^The session takes \d+ bytes as a cookie, name included; browsers keep 4096\. Largest keys: cart \(5\d{3} bytes\)/,
    );
    expect(error).toMatchObject({ code: "TOO_LARGE", limit: 4096 });
    expect(error.size).toBeGreaterThan(4096);
    expect(error.largest[0]![0]).toBe("cart");
    const named = await visitor
      .visit(({ data }) => (data[`\n\u001b[31m${"k".repeat(100)}`] = incompressible(5000)))
      .then(
        () => expect.unreachable(),
        (reason: Error) => reason.message,
      );
    expect(named).toContain(`"\\n\\u001b[31m${"k".repeat(34)}\\u2026" (5`);
    expect(visitor.cookie).toBe(before);
  });

  test("that can be compressed may be larger than a cookie", async () => {
    const { visitor } = setUp();
    await visitor.visit(({ data }) => (data["text"] = "Hello world. ".repeat(1000)));
    await visitor.visit(({ data }) => expect(data["text"]).toHaveLength(13_000));
  });

  test("fits up to exactly what browsers keep", async () => {
    const sizes: number[] = [];
    for (let length = 2900; length < 3080; length++) {
      const { visitor } = setUp({ storage: signedCookie({ compressAbove: 100_000 }) });
      try {
        const { setCookies } = await visitor.visit(({ data }) => (data["t"] = "x".repeat(length)));
        sizes.push(setCookies[0]!.split(";")[0]!.length - 1);
      } catch (error) {
        expect((error as TooLargeError).size).toBeGreaterThan(4096);
      }
    }
    expect(Math.max(...sizes)).toBeGreaterThan(4092);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
  });

  test("that cannot be stored is refused with its path", async () => {
    const { visitor } = setUp();
    await expect(visitor.visit(({ data }) => (data["cart"] = [{ fn: () => 1 }]))).rejects.toMatchObject({
      code: "UNSERIALIZABLE",
      path: "cart[0].fn",
    });
  });

  test("cannot use the session's own keys, so that no request can make itself somebody else", async () => {
    for (const key of ["_user_id", "_permanent", "_flashes", "_created", "_auth_at"]) {
      const { visitor } = setUp();
      await expect(visitor.visit(({ data }) => (data[key] = "42"))).rejects.toThrow(DataError);
    }
  });
});

describe("what is written can be read", () => {
  const build = {
    lists: (depth: number) => Array.from({ length: depth }).reduce((inner) => [inner], 1 as unknown),
    tuples: (depth: number) =>
      Array.from({ length: depth }).reduce((inner) => new Tuple([inner]), 1 as unknown),
    tagLike: (depth: number) =>
      Array.from({ length: depth }).reduce((inner) => ({ " t": inner }), 1 as unknown),
    dicts: (depth: number) => Array.from({ length: depth }).reduce((inner) => ({ a: inner }), 1 as unknown),
  };

  test.each(Object.entries(build))("at every depth of %s", async (_, nest) => {
    const depths = [1, 60, 64, 100, 126, 127, 128, 129, 254, 255, 256, 257, 400];
    let refused = 0;
    for (const depth of depths) {
      const { visitor } = setUp();
      const written = await visitor
        .visit(({ data }) => (data["x"] = nest(depth)))
        .then(
          () => true,
          (error) => {
            expect(error).toBeInstanceOf(DataError);
            return false;
          },
        );
      if (written) await visitor.visit(({ data }) => expect(data["x"]).toEqual(nest(depth)));
      else refused += 1;
    }
    expect(refused).toBeGreaterThan(1);
  });

  test("at every size, or it is refused with its largest key", async () => {
    for (const length of [60_000, 65_000, 65_536, 200_000]) {
      const { visitor } = setUp();
      const text = "a".repeat(length);
      const error = await visitor
        .visit(({ data }) => (data["text"] = text))
        .then(
          () => undefined,
          (reason) => reason,
        );
      if (error === undefined) await visitor.visit(({ data }) => expect(data["text"]).toBe(text));
      else
        expect(error).toMatchObject({
          code: "TOO_LARGE",
          limit: 65_536,
          largest: [["text", length + 9], expect.anything()],
        });
      expect(error === undefined).toBe(length < 65_500);
    }
  });

  test("or is no dict and refused at once", async () => {
    const { visitor } = setUp();
    for (const data of [[1, 2], "abc", 5, null, new Date(), new Map()]) {
      await expect(visitor.visit((session) => (session.data = data as never))).rejects.toThrow(DataError);
    }
  });

  test("a list of many floats takes time in proportion to its length", () => {
    const codec = new FlaskCookie([KEY], {
      clock: new FakeClock(),
      maxJsonBytes: 1_000_000,
      compressAbove: 100,
    });
    const time = (length: number) => {
      const text = `{"a":[${Array.from({ length }, (_, i) => `${i % 7}.0`).join(",")}]}`;
      const opened = codec.open(codec.seal(text), undefined);
      if (opened.refused !== undefined) throw new Error(opened.refused);
      const start = performance.now();
      expect(codec.stringify(opened.data, opened.numberTypes)).toBe(text);
      return performance.now() - start;
    };
    const best = (length: number) => Math.min(...Array.from({ length: 5 }, () => time(length)));
    best(1000);
    expect(best(64_000)).toBeLessThan(64 * 8 * Math.max(best(1000), 0.05));
  });
});

describe("life cycle", () => {
  test("a session is new until its cookie comes back", async () => {
    const { visitor } = setUp();
    await visitor.visit((session) => {
      expect([session.new, session.modified, session.permanent, session.user]).toEqual([
        true,
        false,
        false,
        undefined,
      ]);
      session.data["a"] = 1;
      expect(session.modified).toBe(true);
    });
    await visitor.visit((session) => expect([session.new, session.modified]).toEqual([false, false]));
  });

  test("login keeps the cart, names the user and gives nothing to whoever holds the old cookie", async () => {
    const { visitor, clock } = setUp();
    await visitor.visit(({ data }) => (data["cart"] = ["tea"]));
    const thief = visitor.copy();
    clock.move(10);
    const { setCookies } = await visitor.visit((session) => session.regenerate({ user: "42" }));
    expect(setCookies).toHaveLength(1);
    await visitor.visit((session) => {
      expect([session.user, session.data["cart"]]).toEqual(["42", ["tea"]]);
      expect(session.authenticatedAt).toEqual(new Date(clock.now()));
    });
    await thief.visit((session) => expect(session.user).toBeUndefined());
    await visitor.visit((session) => session.regenerate({ user: null }));
    await visitor.visit((session) =>
      expect([session.user, session.authenticatedAt]).toEqual([undefined, undefined]),
    );
  });

  test("destroy deletes the cookie with its attributes", async () => {
    const { visitor, types } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    const { setCookies } = await visitor.visit((session) => session.destroy());
    expect(setCookies).toEqual([
      `__Host-session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0${ATTRIBUTES}`,
    ]);
    expect(visitor.cookie).toBe("");
    expect(types()).toEqual(["session.created", "session.ended"]);
  });

  test("what is written after destroy begins another session", async () => {
    const { visitor } = setUp();
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    await visitor.visit(async (session) => {
      await session.destroy();
      expect([session.new, session.user]).toEqual([true, undefined]);
      session.flash("Good bye");
    });
    await visitor.visit((session) => {
      expect(session.user).toBeUndefined();
      expect(session.flashes()).toEqual([{ category: "message", message: "Good bye" }]);
    });
  });

  test("ending what never began sets no cookie", async () => {
    const { visitor } = setUp();
    expect((await visitor.visit((session) => session.destroy())).setCookies).toEqual([]);
    expect((await visitor.visit((session) => session.clear())).setCookies).toEqual([]);
  });

  test("clear empties the data, the messages and the user", async () => {
    const { visitor } = setUp();
    await visitor.visit(async (session) => {
      await session.regenerate({ user: "42" });
      session.data["a"] = 1;
      session.flash("x");
    });
    await visitor.visit((session) => session.clear());
    await visitor.visit((session) =>
      expect([session.data, session.user, session.flashes()]).toEqual([{}, undefined, []]),
    );
  });

  test("update changes the data of the request", async () => {
    const { visitor } = setUp();
    await visitor.visit((session) => session.update((data) => void (data["n"] = 1)));
    await visitor.visit((session) =>
      session.update(async (data) => void (data["n"] = (data["n"] as number) + 1)),
    );
    await visitor.visit(({ data }) => expect(data["n"]).toBe(2));
  });

  test("modified = false keeps changes out of the response, true sends the cookie again", async () => {
    const { visitor } = setUp();
    await visitor.visit((session) => {
      session.data["a"] = 1;
      session.modified = false;
    });
    expect(visitor.cookie).toBe("");
    await visitor.visit(({ data }) => (data["a"] = 1));
    expect((await visitor.visit((session) => (session.modified = true))).setCookies).toHaveLength(1);
  });

  test("a session that begins after destroy has its whole lifetime before it", async () => {
    const { visitor, clock } = setUp({ lifetime: 100 });
    await visitor.visit(({ data }) => (data["a"] = 1));
    clock.move(90);
    await visitor.visit(async (session) => {
      await session.destroy();
      session.data["b"] = 2;
    });
    clock.move(90);
    await visitor.visit(({ data }) => expect(data).toEqual({ b: 2 }));
  });

  test("a key that is undefined is no reason for a cookie", async () => {
    const { visitor } = setUp();
    await visitor.visit(({ data }) => (data["user"] = "ada"));
    await visitor.visit(({ data }) => (data["user"] = undefined));
    expect(visitor.cookie).toBe("");
  });

  test("a user is text", async () => {
    const { visitor } = setUp();
    await expect(visitor.visit((session) => session.regenerate({ user: 42 as never }))).rejects.toThrow(
      TypeError,
    );
  });

  test("flash messages are shown once, by category where asked", async () => {
    const { visitor } = setUp();
    await visitor.visit((session) => {
      session.flash("Saved");
      session.flash({ en: "No" }, "error");
    });
    await visitor.visit((session) => {
      const all = [
        { category: "message", message: "Saved" },
        { category: "error", message: { en: "No" } },
      ];
      expect(session.flashes("error")).toEqual([all[1]]);
      expect(session.flashes()).toEqual(all);
    });
    await visitor.visit((session) => expect(session.flashes()).toEqual([]));
    expect(visitor.cookie).toBe("");
  });
});

describe("times", () => {
  test("the lifetime counts from the creation, however much the session is used", async () => {
    const { visitor, clock, types } = setUp({ lifetime: 100 });
    await visitor.visit(({ data }) => (data["n"] = 0));
    for (let i = 0; i < 4; i++) {
      clock.move(25);
      await visitor.visit(async (session) => {
        expect(session.data["n"]).toBe(i);
        session.data["n"] = i + 1;
        await session.regenerate({ user: "42" });
      });
    }
    clock.move(1);
    await visitor.visit((session) =>
      expect([session.new, session.data, session.user]).toEqual([true, {}, undefined]),
    );
    expect(types()).toContain("token.expired");
  });

  test("the idle time counts from the last use, and is renewed at most once per tenth of it", async () => {
    const { visitor, clock } = setUp({ idleTimeout: 100 });
    await visitor.visit(({ data }) => (data["a"] = 1));
    clock.move(9);
    expect((await visitor.visit(({ data }) => data)).setCookies).toEqual([]);
    clock.move(1);
    expect((await visitor.visit(({ data }) => data)).setCookies).toHaveLength(1);
    expect((await visitor.exchange(() => {})).setCookies).toEqual([]);
    clock.move(100);
    await visitor.visit((session) => expect(session.data).toEqual({ a: 1 }));
    clock.move(101);
    await visitor.visit((session) => expect(session.data).toEqual({}));
  });

  test("a permanent session outlives the browser's own, until it would end anyway", async () => {
    const { visitor, clock } = setUp({ lifetime: 3600, idleTimeout: 60 });
    const write = (session: any) => {
      session.permanent = true;
      session.data["n"] = clock.now();
    };
    expect((await visitor.visit(write)).setCookies[0]).toContain("; Expires=Fri, 20 Nov 2026 18:41:00 GMT");
    const { visitor: other } = setUp({ lifetime: 3600 });
    expect((await other.visit(write)).setCookies[0]).toContain("; Expires=Fri, 20 Nov 2026 19:40:00 GMT");
    await visitor.visit((session) => (session.permanent = false));
    await visitor.visit((session) => expect(session.permanent).toBe(false));
  });

  test("clocks that are five seconds apart log nobody out", async () => {
    for (const [seconds, there] of [
      [-5, true],
      [-6, false],
      [5, true],
    ] as const) {
      const { visitor, clock, types } = setUp({ idleTimeout: 60 });
      await visitor.visit(({ data }) => (data["a"] = 1));
      clock.move(seconds);
      await visitor.visit((session) => expect(session.data).toEqual(there ? { a: 1 } : {}));
      expect(types().includes("token.future")).toBe(!there);
    }
  });

  test("durations that make no sense are refused at the start", () => {
    for (const options of [
      { lifetime: 0 },
      { lifetime: 1.5 },
      { idleTimeout: -1 },
      { lifetime: Number.NaN },
    ]) {
      expect(() => setUp(options)).toThrow(ConfigError);
    }
  });
});

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
    expect(() => setUp({ storage: undefined as never })).toThrow(ConfigError);
    expect(() => setUp({ storage: signedCookie as never })).toThrow(ConfigError);
    await inProduction(() =>
      expect(() => setUp({ secretKey: "changeme" })).toThrow(
        expect.objectContaining({ code: "SECRET_WEAK" }),
      ),
    );
  });
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

describe("a schema", () => {
  const schema = z.object({ count: z.number().default(0), cart: z.array(z.string()).default([]) });
  const create = (clock: FakeClock) =>
    createSessions({ secretKey: KEY, storage: signedCookie(), schema, clock });

  test("gives types and defaults, and defaults alone set no cookie", async () => {
    const visitor = new Visitor(create(new FakeClock()));
    expect(
      (await visitor.visit(({ data }) => expect(data).toEqual({ count: 0, cart: [] }))).setCookies,
    ).toEqual([]);
    await visitor.visit(({ data }) => (data.count += 1));
    await visitor.visit(({ data }) => expect(data).toEqual({ count: 1, cart: [] }));
    await visitor.visit(({ data }) => (data.count = 0));
    expect(visitor.cookie).toBe("");
  });

  test("that stored data no longer fits gives defaults for what does not fit, an event, and keeps the rest", async () => {
    const { visitor, clock } = setUp();
    await visitor.visit(async (session) => {
      Object.assign(session.data, { count: "many", cart: ["tea"], legacy: 1 });
      await session.regenerate({ user: "42" });
    });
    const sessions = create(clock);
    const events: SessionEvent[] = [];
    sessions.on("session.schema", (event) => events.push(event));
    const exchange = sessions.open({ cookie: visitor.cookie, host: "example.com", encrypted: true });
    const session = await exchange.session();
    expect([session.data, session.user]).toEqual([{ count: 0, cart: ["tea"] }, "42"]);
    expect(events).toHaveLength(1);
    expect(JSON.stringify(events)).not.toContain("many");
    session.data.count = 5;
    exchange.commit();
    const headers = new Headers();
    exchange.writeTo(headers);
    const later = setUp().sessions.open({
      cookie: headers.getSetCookie()[0]!.split(";")[0],
      host: "example.com",
      encrypted: true,
    });
    expect((await later.session()).data).toEqual({ count: 5, cart: ["tea"], legacy: 1 });
  });

  test("that refuses an empty session is the caller's mistake", async () => {
    const sessions = createSessions({
      secretKey: KEY,
      storage: signedCookie(),
      schema: z.object({ name: z.string() }),
    });
    await expect(new Visitor(sessions).visit(() => {})).rejects.toThrow(ConfigError);
  });

  test("whose defaults are nested gives every visitor their own", async () => {
    const nested = z.object({ cart: z.object({ items: z.array(z.string()) }).default({ items: [] }) });
    const sessions = createSessions({ secretKey: KEY, storage: signedCookie(), schema: nested });
    const [alice, bob] = [new Visitor(sessions), new Visitor(sessions)];
    await alice.visit(({ data }) => data.cart.items.push("a"));
    await bob.visit(({ data }) => expect(data.cart.items).toEqual([]));
    await alice.visit(({ data }) => expect(data.cart.items).toEqual(["a"]));
    await alice.visit((session) => session.clear());
    expect(alice.cookie).toBe("");
  });

  test("that copies what it checks keeps Python's number types where lists change", async () => {
    const clock = new FakeClock();
    const codec = new FlaskCookie([KEY], { clock });
    const items = z.object({ items: z.array(z.object({ price: z.number() })).default([]) });
    const sessions = createSessions({ secretKey: KEY, storage: signedCookie(), schema: items, clock });
    const write = async (work: (data: { items: { price: number }[] }) => unknown) => {
      const cookie = `__Host-session=${codec.seal('{"_created":1795200000,"items":[{"price":1.0},{"price":2}]}')}`;
      const exchange = sessions.open({ cookie, host: "example.com", encrypted: true });
      await work((await exchange.session()).data);
      exchange.commit();
      const headers = new Headers();
      exchange.writeTo(headers);
      const opened = codec.open(/=([^;]*)/.exec(headers.getSetCookie()[0]!)![1]!, undefined);
      return opened.refused ?? opened.json.replace('"_created":1795200000,', "");
    };
    expect(await write((data) => (data.items = data.items.toReversed()))).toBe(
      '{"items":[{"price":2},{"price":1.0}]}',
    );
    expect(await write((data) => data.items.shift())).toBe('{"items":[{"price":2}]}');
    expect(await write((data) => data.items.push({ price: 5 })).catch((error) => error.code)).toBe(
      "UNREPRESENTABLE",
    );
  });

  test("may answer later, also where a session is emptied", async () => {
    const slow = z.object({ n: z.number().default(1) }).refine(async () => true);
    const visitor = new Visitor(createSessions({ secretKey: KEY, storage: signedCookie(), schema: slow }));
    await visitor.visit(({ data }) => (data.n = 2));
    await visitor.visit((session) => {
      session.clear();
      expect(session.data).toEqual({ n: 1 });
    });
    expect(visitor.cookie).toBe("");
  });

  test("may answer later", async () => {
    const slow = z.object({ n: z.number().default(1) }).refine(async () => true);
    const visitor = new Visitor(createSessions({ secretKey: KEY, storage: signedCookie(), schema: slow }));
    await visitor.visit(({ data }) => (data.n = 2));
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 2 }));
  });
});

describe("after the headers have left", () => {
  test("every change throws instead of being lost", async () => {
    const { visitor } = setUp();
    let late: any;
    await visitor.visit((session) => {
      session.data["nested"] = { list: [1] };
      late = session;
    });
    expect(late.data.nested.list[0]).toBe(1);
    for (const change of [
      () => (late.data.x = 1),
      () => late.data.nested.list.push(2),
      () => delete late.data.nested,
      () => (late.data = {}),
      () => late.flash("x"),
      () => late.clear(),
      () => (late.permanent = true),
      () => (late.modified = true),
    ]) {
      expect(change).toThrow(HeadersSentError);
    }
    for (const change of [() => late.destroy(), () => late.regenerate(), () => late.update(() => {})]) {
      await expect(change()).rejects.toThrow(HeadersSentError);
    }
  });

  test("an update that was under way is not lost in silence", async () => {
    const { visitor } = setUp();
    let update: Promise<void> | undefined;
    await visitor.visit((session) => {
      update = session.update(async (data) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        data["n"] = 1;
      });
      update.catch(() => {});
    });
    await expect(update).rejects.toThrow(HeadersSentError);
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

  test("can be done without", async () => {
    const { sessions } = setUp({ ambient: false });
    const exchange = sessions.open({ cookie: undefined, host: "example.com", encrypted: true });
    await isRefused(sessions.run(exchange, () => sessions.current()));
    await isRefused(sessions.get({}));
  });
});

describe("events", () => {
  test("go to listeners of their type and of all, until these are removed, and a listener's error disturbs nobody", async () => {
    const { visitor, sessions } = setUp();
    const seen: string[] = [];
    sessions.on("session.created", () => {
      throw new Error("mine");
    });
    sessions.on("*", () => {
      throw Object.create(null);
    });
    sessions.on("*", async () => {
      throw new Error("later");
    });
    const off = sessions.on("session.created", ({ type }) => seen.push(type));
    await visitor.visit(({ data }) => (data["a"] = 1));
    off();
    await new Visitor(sessions).visit(({ data }) => (data["a"] = 1));
    expect(seen).toEqual(["session.created"]);
  });
});

async function inProduction<T>(work: () => T | Promise<T>): Promise<void> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    await work();
  } finally {
    process.env["NODE_ENV"] = before;
  }
}

/** Text that no compression makes shorter. */
function incompressible(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 36).toString(36);
  }).join("");
}

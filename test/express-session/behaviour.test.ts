import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import express from "express";
import express4 from "express4";
import session, {
  Cookie,
  MemoryStore,
  type SessionRequest,
  Store,
  toExpressStore,
} from "hipflask/express-session";
import { MemoryStore as Records } from "hipflask/stores/memory";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { faultyStore, sleep } from "../support/faulty-store.ts";
import { Browser, dictApp, OPTIONS, serve, theirs } from "./applications.ts";

/** A store of ours that counts what it is asked, is slow where it is told to be, and can be down. */
function counted({ ms = 0 } = {}) {
  const counts: Record<string, number> = {};
  const state = { isDown: false };
  const store = faultyStore(new Records(), async (operation, proceed) => {
    counts[operation] = (counts[operation] ?? 0) + 1;
    if (state.isDown) throw new Error("no connection");
    if (ms > 0 && operation !== "load") await sleep(ms);
    return proceed();
  });
  return { store, counts, state };
}

/** A store that keeps each session for so many seconds from when it was stored or touched, as Redis does. */
class Short extends Store {
  readonly #kept = new Map<string, { text: string; ends: number }>();
  readonly #seconds: number;

  constructor(seconds: number) {
    super();
    this.#seconds = seconds;
  }

  override get(sid: string, done: (error: unknown, session?: never) => void) {
    const found = this.#kept.get(sid);
    done(null, (found && found.ends > performance.now() ? JSON.parse(found.text) : undefined) as never);
  }

  override set(sid: string, data: object, done?: (error?: unknown) => void) {
    this.#kept.set(sid, { text: JSON.stringify(data), ends: this.#ends() });
    done?.();
  }

  override touch(sid: string, _data: object, done?: (error?: unknown) => void) {
    this.#kept.get(sid)!.ends = this.#ends();
    done?.();
  }

  override destroy(sid: string, done?: (error?: unknown) => void) {
    this.#kept.delete(sid);
    done?.();
  }

  #ends(): number {
    return performance.now() + this.#seconds * 1000;
  }
}

describe("hipflask/express-session", () => {
  test("holds a redirect back until a slow store has the session", async () => {
    const { store } = counted({ ms: 120 });
    const browser = new Browser(await serve(dictApp({ store })));
    await browser.send("POST", "/redirect");
    expect(await browser.json("/dump")).toEqual({ redirected: true });
  });

  test("costs nothing without a session, and one read where it is only looked at", async () => {
    const { store, counts } = counted();
    const browser = new Browser(await serve(dictApp({ store, cookie: { maxAge: 60_000 } })));
    const answer = await browser.send("GET", "/nop");
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.headers.get("Vary")).toBeNull();
    expect(counts).toEqual({});
    await browser.send("POST", "/set/a");
    expect(counts).toEqual({ create: 1 });
    for (let i = 0; i < 5; i++) await browser.send("GET", "/dump");
    expect(counts).toEqual({ create: 1, load: 5 });
  });

  test("touches a session once a tenth of its time has gone", async () => {
    const { store, counts } = counted();
    const browser = new Browser(await serve(dictApp({ store, cookie: { maxAge: 2000 } })));
    await browser.send("POST", "/set/a");
    await sleep(300);
    for (let i = 0; i < 5; i++) await browser.send("GET", "/dump");
    expect(counts["touch"]).toBe(1);
    for (let i = 0; i < 9; i++) {
      await sleep(300);
      expect(await browser.json("/dump")).toEqual({ a: true });
    }
  });

  test.each([
    ["tells how many seconds it keeps sessions", (store: object) => Object.assign(store, { ttl: 1 })],
    ["does not tell how long it keeps sessions", (store: object) => store],
  ])("keeps a session without an end alive in a store that %s", async (_, made) => {
    const seconds = { ttl: 2, ...made({}) }.ttl;
    const browser = new Browser(await serve(dictApp({ store: made(new Short(seconds)) as never })));
    await browser.send("POST", "/set/a");
    for (let i = 0; i < 10; i++) {
      await sleep(300);
      expect(await browser.json("/dump")).toEqual({ a: true });
    }
  });

  test.each([
    ["an end", 1000],
    ["no end", null],
  ])("keeps a session with %s alive when a clock that was ahead is put right", async (_, maxAge) => {
    const now = Date.now.bind(Date);
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 7_200_000);
    onTestFinished(() => clock.mockRestore());
    const store = Object.assign(new Short(1), { ttl: 1 });
    const browser = new Browser(await serve(dictApp({ store, cookie: { maxAge } })));
    await browser.send("POST", "/set/a");
    clock.mockRestore();
    const touch = vi.spyOn(store, "touch");
    for (let i = 0; i < 3; i++) await browser.json("/dump");
    expect(touch).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 5; i++) {
      await sleep(300);
      expect(await browser.json("/dump")).toEqual({ a: true });
    }
  });

  test.each([
    ["a day", undefined, 0],
    ["a second", 1, 1],
  ])("touches a session without an end once per tenth of its time: %s", async (_, ttl, touches) => {
    const { store, counts } = counted();
    const browser = new Browser(
      await serve(dictApp({ store: toExpressStore(store, ttl === undefined ? {} : { ttl }) })),
    );
    await browser.send("POST", "/set/a");
    await sleep(200);
    for (let i = 0; i < 5; i++) await browser.send("GET", "/dump");
    expect(counts["touch"] ?? 0).toBe(touches);
  });

  test("takes inherited options of the cookie", async () => {
    const cookie = Object.create({ maxAge: 60_000 }) as object;
    const browser = new Browser(await serve(dictApp({ cookie })));
    const answer = await browser.send("POST", "/set/a");
    expect(answer.headers.getSetCookie()).toEqual([expect.stringContaining("; Expires=")]);
  });

  test.each([
    ["deleted", (request: Partial<SessionRequest>) => void delete request.session],
    ["set to null", (request: Partial<SessionRequest>) => void Object.assign(request, { session: null })],
    ["destroyed", (request: Partial<SessionRequest>) => request.session!.destroy()],
  ])("gives a request another session when the one before was %s", async (how, end) => {
    const [first, second] = [counted(), counted()];
    const app = express();
    app.use(session({ ...OPTIONS, store: first.store, name: "one" }));
    app.post("/set", (request, response) => {
      Object.assign(request.session, { a: true });
      response.send("set");
    });
    app.use(async (request, _response, next) => {
      await end(request as Partial<SessionRequest>);
      next();
    });
    const two = session({ ...OPTIONS, store: second.store, name: "two" });
    app.use(two, two);
    app.get("/", (request, response) => {
      Object.assign(request.session, { b: true });
      response.json(Object.keys(request.session));
    });
    const browser = new Browser(await serve(app));
    await browser.send("POST", "/set");
    const answer = await browser.send("GET", "/");
    expect([how, answer.status, await answer.json()]).toEqual([how, 200, ["cookie", "b"]]);
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^two=/)]);
    expect(first.counts).toEqual({ create: 1, load: 1, ...(how === "destroyed" && { delete: 1 }) });
    expect(second.counts).toEqual({ create: 1 });
  });

  test("stores another duration that a handler gives a session", async () => {
    const app = dictApp({ cookie: { maxAge: 60_000 } });
    app.get("/remember", (request, response) => {
      request.session.cookie.maxAge = 3_600_000;
      response.send("remembered");
    });
    app.get("/left", (request, response) => void response.json(request.session.cookie.maxAge));
    const browser = new Browser(await serve(app));
    await browser.send("POST", "/set/a");
    await browser.send("GET", "/remember");
    expect(Number(await browser.json("/left"))).toBeGreaterThan(3_500_000);
  });

  test("stores another duration that a handler gives a session which it has just saved, as after Passport's login", async () => {
    const app = dictApp({ cookie: { maxAge: 60_000 } });
    app.post("/remember", async (request, response) => {
      await request.session.regenerate();
      Object.assign(request.session, { user: "ada" });
      await request.session.save();
      request.session.cookie.maxAge = 3_600_000;
      response.send("remembered");
    });
    app.get("/left", (request, response) => void response.json(request.session.cookie.maxAge));
    const browser = new Browser(await serve(app));
    await browser.send("POST", "/remember");
    expect(Number(await browser.json("/left"))).toBeGreaterThan(3_500_000);
  });

  test.each([
    ["theirs", () => new theirs.MemoryStore()],
    ["ours", () => new Records()],
  ])(
    "lets a cookie end with the browser's session by expires = false, on a store of %s",
    async (_, store) => {
      const app = dictApp({ store: store() as never, cookie: { maxAge: 60_000 } });
      app.post("/brief", (request, response) => {
        Object.assign(request.session, { a: true });
        request.session.cookie.expires = false as never;
        response.send("brief");
      });
      const browser = new Browser(await serve(app));
      const answer = await browser.send("POST", "/brief");
      expect([answer.status, answer.headers.getSetCookie().join()]).toEqual([
        200,
        expect.not.stringContaining("Expires"),
      ]);
      const changed = await browser.send("POST", "/set/b");
      // As express-session has it: not null, so a change sends the cookie again.
      expect(changed.headers.getSetCookie()).toEqual([expect.not.stringContaining("Expires")]);
      expect(await browser.json("/dump")).toEqual({ a: true, b: true });
    },
  );

  test("writes nothing where a session was only loaded again", async () => {
    const { store, counts } = counted();
    const app = dictApp({ store });
    app.get("/reload", async (request, response) => {
      await request.session.reload();
      response.json(Object.keys(request.session));
    });
    const browser = new Browser(await serve(app));
    await browser.send("POST", "/set/a");
    expect(await browser.json("/reload")).toEqual(["cookie", "a"]);
    expect(counts).toEqual({ create: 1, load: 2 });
  });

  test("leaves the values of others as they are, in a store that keeps more than JSON", async () => {
    const kept = new Map<string, Record<string, unknown>>();
    class Native extends Store {
      override get(sid: string, done: (error: unknown, session?: never) => void) {
        const found = kept.get(sid);
        setTimeout(() => done(null, (found && structuredClone(found)) as never), 5);
      }
      override set(sid: string, data: object, done?: (error?: unknown) => void) {
        const { cookie, ...rest } = data as { cookie: object };
        kept.set(sid, { ...structuredClone(rest), cookie: JSON.parse(JSON.stringify(cookie)) });
        done?.();
      }
      override destroy(sid: string, done?: (error?: unknown) => void) {
        kept.delete(sid);
        done?.();
      }
    }
    const app = dictApp({ store: new Native() as never });
    app.post("/native", (request, response) => {
      Object.assign(request.session, { at: new Date(0), bytes: Uint8Array.of(1, 2) });
      response.send("kept");
    });
    const browser = new Browser(await serve(app));
    await browser.send("POST", "/native");
    await Promise.all([browser.send("POST", "/set/b?ms=10"), browser.send("POST", "/set/c?ms=10")]);
    expect([...kept.values()]).toMatchObject([
      { at: new Date(0), bytes: Uint8Array.of(1, 2), b: true, c: true },
    ]);
  });

  test("tells caches whose answer it is", async () => {
    const browser = new Browser(await serve(dictApp({})));
    const written = await browser.send("POST", "/set/a");
    expect(written.headers.get("Vary")).toBe("Cookie");
    expect(written.headers.get("Cache-Control")).toBe("no-store");
    const read = await browser.send("GET", "/dump");
    expect(read.headers.get("Vary")).toBe("Cookie");
    expect(read.headers.get("Cache-Control")).toBeNull();
  });

  test("answers a store's failure itself where the handler stands in the place of next", async () => {
    const { store, state } = counted();
    const middleware = session({ ...OPTIONS, store });
    let runs = 0;
    const origin = await serve((request: IncomingMessage, response: ServerResponse) => {
      middleware(request, response, () => {
        runs += 1;
        Object.assign((request as SessionRequest).session, { runs });
        response.end("done");
      });
    });
    state.isDown = true;
    const answer = await new Browser(origin).send("GET", "/");
    expect([answer.status, answer.headers.getSetCookie(), runs]).toEqual([503, [], 1]);
  });

  test("answers a store's failure itself, after five seconds, where nobody listens to next any more", async () => {
    const { store, state } = counted();
    const middleware = session({ ...OPTIONS, store });
    const origin = await serve(async (request: IncomingMessage, response: ServerResponse) => {
      await new Promise<void>((resolve, reject) => {
        middleware(request, response, (error) => (error ? reject(error as Error) : resolve()));
      });
      Object.assign((request as SessionRequest).session, { some: "data" });
      response.end("done");
    });
    state.isDown = true;
    const answer = await new Browser(origin).send("GET", "/");
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([503, []]);
  }, 10_000);

  test("leaves the answer to an error handler that takes its time", async () => {
    const { store, state } = counted();
    const app = dictApp({ store });
    app.use((async (_error, _request, response, _next) => {
      await sleep(100);
      response.status(500).send("sorry");
    }) as express.ErrorRequestHandler);
    state.isDown = true;
    const answer = await new Browser(await serve(app)).send("POST", "/set/a");
    expect([answer.status, await answer.text()]).toEqual([500, "sorry"]);
  });

  test("gives a store's failure to the error handler, and no cookie", async () => {
    const { store, state } = counted();
    const app = dictApp({ store });
    const errors: unknown[] = [];
    app.use(((error, _request, response, _next) => {
      errors.push(error);
      response.status((error as { status?: number }).status ?? 500).send("sorry");
    }) as express.ErrorRequestHandler);
    const browser = new Browser(await serve(app));
    state.isDown = true;
    const refused = await browser.send("POST", "/set/a");
    expect(refused.status).toBe(503);
    expect(await refused.text()).toBe("sorry");
    expect(refused.headers.getSetCookie()).toEqual([]);
    state.isDown = false;
    await browser.send("POST", "/set/a");
    const { cookie } = browser;
    state.isDown = true;
    const unread = await browser.send("GET", "/dump");
    expect(unread.status).toBe(503);
    expect(browser.cookie).toBe(cookie);
    state.isDown = false;
    expect(await browser.json("/dump")).toEqual({ a: true });
    expect(errors).toHaveLength(2);
  });

  test("answers 503 in place of a stream whose session cannot be stored", async () => {
    const { store, state } = counted();
    const browser = new Browser(await serve(dictApp({ store })));
    state.isDown = true;
    expect((await browser.send("GET", "/stream")).status).toBe(503);
  });

  test("stores what was changed after the headers left, before the response ends", async () => {
    const browser = new Browser(await serve(dictApp({ store: counted({ ms: 30 }).store })));
    const answer = await browser.send("GET", "/stream");
    expect(await answer.text()).toBe("first, last");
    expect(await browser.json("/dump")).toEqual({ early: true, late: true });
  });

  test("works on Express 4, with callbacks", async () => {
    const app = express4();
    app.use(session(OPTIONS));
    app.get("/", (request, response) => {
      request.session.regenerate((error) => {
        if (error) throw error as Error;
        Object.assign(request.session, { user: "ada" });
        request.session.save(() =>
          request.session.reload(() => {
            response.json(request.session);
          }),
        );
      });
    });
    app.get("/out", (request, response) => {
      const answer = request.session.destroy(() => response.json(request.session === undefined));
      expect(answer).toBeInstanceOf(session.Session);
    });
    const browser = new Browser(await serve(app));
    expect(await browser.json("/")).toMatchObject({ user: "ada", cookie: { httpOnly: true, path: "/" } });
    expect(await browser.json("/out")).toBe(true);
  });

  test("works without Express", async () => {
    const middleware = session(OPTIONS);
    const server = createServer((request, response) => {
      middleware(request, response, () => {
        const { session: data } = request as SessionRequest;
        Object.assign(data, { count: ((data as { count?: number }).count ?? 0) + 1 });
        response.end(String((data as { count?: number }).count));
      });
    });
    const { listener } = { listener: server.listeners("request")[0] as never };
    const browser = new Browser(await serve(listener));
    await browser.send("GET", "/");
    expect(await (await browser.send("GET", "/")).text()).toBe("2");
  });

  test("knows the genuine one of two cookies of one name", async () => {
    const browser = new Browser(await serve(dictApp({})));
    await browser.send("POST", "/set/a");
    browser.cookie = `connect.sid=s%3Aforged.${"A".repeat(43)}; ${browser.cookie}`;
    expect(await browser.json("/dump")).toEqual({ a: true });
  });

  test("begins anew with a cookie that is not genuine, and never takes an ID over", async () => {
    const store = toExpressStore(new Records());
    const app = dictApp({ store });
    const browser = new Browser(await serve(app));
    for (const value of ["", "s:", "s:x", "s%3Ax.y", "%", "s%3A.x", "j:{}", `s%3A${"x".repeat(3000)}.y`]) {
      browser.cookie = `connect.sid=${value}`;
      expect(await browser.json("/dump")).toEqual({});
    }
    await browser.send("POST", "/set/a");
    const ended = browser.cookie;
    await browser.send("POST", "/logout", false);
    await browser.send("POST", "/set/b");
    expect(browser.cookie).not.toBe(ended);
  });

  test("keeps no ID in a store of ours", async () => {
    const seen: string[] = [];
    const records = new Records();
    const store = faultyStore(records, async (_, proceed) => proceed());
    const create = store.create.bind(store);
    store.create = (key, record, now) => {
      seen.push(key.id, Buffer.from(record.data).toString());
      return create(key, record, now);
    };
    const browser = new Browser(await serve(dictApp({ store })));
    await browser.send("POST", "/set/a");
    const sid = decodeURIComponent(browser.cookie).split("s:")[1]!.split(".")[0]!;
    expect(seen).toHaveLength(2);
    expect(seen.join(" ")).not.toContain(sid);
  });

  test("refuses options that cannot be used, as express-session does", () => {
    expect(() => session({ genid: "x" as never })).toThrow("genid option must be a function");
    expect(() => session({ unset: "x" as never })).toThrow('unset option must be "destroy" or "keep"');
    expect(() => session({ secret: [] })).toThrow("secret option array must contain one or more strings");
    expect(() => toExpressStore({} as never)).toThrow(/needs a store of hipflask's/);
    expect(() => toExpressStore(new Records(), { ttl: 0 })).toThrow("ttl must be a number above 0");
  });

  test("warns once in production of a weak secret and of a store in memory", () => {
    vi.stubEnv("NODE_ENV", "production");
    const said: string[] = [];
    const emit = vi.spyOn(process, "emitWarning").mockImplementation((message) => {
      said.push(String(message));
    });
    try {
      session({ ...OPTIONS, secret: "keyboard cat" });
      session({ ...OPTIONS, secret: "keyboard cat" });
    } finally {
      emit.mockRestore();
      vi.unstubAllEnvs();
    }
    expect(said.filter((message) => message.includes("secret key"))).toHaveLength(1);
    expect(said.filter((message) => message.includes("in the memory"))).toHaveLength(1);
    expect(said.join()).not.toContain("keyboard cat");
  });

  test("leaves nothing unhandled where nobody waits for a promise that fails", async () => {
    const unhandled = vi.fn<() => void>();
    process.on("unhandledRejection", unhandled);
    const { store, state } = counted();
    const app = express();
    app.use(session({ ...OPTIONS, store }));
    app.get("/", (request, response) => {
      Object.assign(request.session, { a: 1 });
      void request.session.save();
      void request.session.regenerate();
      void request.session.destroy();
      response.send("done");
    });
    const browser = new Browser(await serve(app));
    state.isDown = true;
    await browser.send("GET", "/");
    await sleep(20);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("lets stores be made as they were before there were classes", async () => {
    function OldStore(this: Store) {
      Store.call(this);
    }
    Object.setPrototypeOf(OldStore.prototype, Store.prototype);
    const kept = new Map<string, string>();
    Object.assign(OldStore.prototype, {
      get: (sid: string, done: (error: null, stored: unknown) => void) =>
        done(null, JSON.parse(kept.get(sid) ?? "null")),
      set(sid: string, data: unknown, done: () => void) {
        kept.set(sid, JSON.stringify(data));
        done();
      },
      destroy(sid: string, done: () => void) {
        kept.delete(sid);
        done();
      },
    });
    const store = Reflect.construct(OldStore, []) as Store;
    const browser = new Browser(await serve(dictApp({ store })));
    await Promise.all(["a", "b"].map((key) => browser.send("POST", `/set/${key}`)));
    await browser.send("POST", "/regenerate");
    expect(await browser.json("/dump")).toEqual({ user: "ada" });
  });
});

describe("MemoryStore of hipflask/express-session", () => {
  const ask = <T>(work: (done: (error?: unknown, result?: T | null) => void) => void) =>
    new Promise<T>((resolve, reject) => {
      work((error, result) => (error ? reject(error as Error) : resolve(result as T)));
    });

  test("has what express-session's has: all, length and clear", async () => {
    const store = new MemoryStore();
    const stored = { cookie: new Cookie({ maxAge: 1000 }), user: "ada" } as never;
    await ask((done) => store.set("one", stored, done));
    await ask((done) => store.set("two", { cookie: new Cookie({ maxAge: -1 }) } as never, done));
    expect(await ask((done) => store.length(done))).toBe(1);
    expect(await ask((done) => store.all(done))).toMatchObject({ one: { user: "ada" } });
    await ask((done) => store.clear(done));
    expect(await ask((done) => store.length(done))).toBe(0);
  });

  test("forgets the IDs of sessions that have ended", async () => {
    const store = new MemoryStore();
    for (let i = 0; i < 2500; i++)
      await ask((done) => store.set(`${i}`, { cookie: new Cookie({ maxAge: -1 }) } as never, done));
    expect(await ask((done) => store.all(done))).toEqual({});
  });
});

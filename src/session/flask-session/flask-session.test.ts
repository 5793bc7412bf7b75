import { describe, expect, test } from "vitest";
import { failure, storeCalls } from "../../../test/support/server-sessions.ts";
import { KEY, OTHER_KEY, Visitor } from "../../../test/support/visitor.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { FlaskSessionCodec } from "../../codec/index.ts";
import { flaskConfig } from "../../flask/index.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { createSessions, type FlaskSessionOptions, flaskSession, type SessionEvent } from "../index.ts";

/** 1 January 2100: browsers of today keep what ends an hour later. */
const NOW = 4_102_444_800_000;

interface Options extends FlaskSessionOptions {
  readonly permanent?: boolean;
  readonly refresh?: boolean;
  readonly keys?: string[];
  readonly store?: MemoryStore;
}

/** Sessions by Flask-Session's rules in memory, under the layout's keys, and a visitor. */
function setUp({ permanent = true, refresh = true, keys, store, ...options }: Options = {}) {
  const memory = store ?? new MemoryStore();
  const clock = new FakeClock();
  clock.move((NOW - clock.now()) / 1000);
  const { flask } = flaskConfig({ SESSION_REFRESH_EACH_REQUEST: refresh });
  const sessions = createSessions<Record<string, any>>({
    secretKey: keys?.at(-1),
    secretKeyFallbacks: keys?.slice(0, -1),
    storage: flaskSession(memory, options),
    flask: { ...flask!, permanent },
    lifetime: 3600,
    clock,
  });
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  const visitor = new Visitor(sessions);
  const codec = new FlaskSessionCodec({ format: options.format ?? "msgpack" });
  return {
    sessions,
    memory,
    clock,
    visitor,
    codec,
    events,
    types: () => events.map(({ type }) => type),
    /** The ID in the visitor's cookie. */
    sid: () => /session=([\w-]+)/.exec(visitor.cookie)?.[1],
    record: (id: string) => memory.load({ id, owner: undefined }, new Date(clock.now())),
    /** What Python wrote. */
    put: (id: string, data: Record<string, unknown>) =>
      memory.create(
        { id, owner: undefined },
        { data: codec.encode(data), expires: new Date(NOW + 3_600_000) },
        new Date(clock.now()),
      ),
  };
}

const SID = "U0U6GcvH9gNR4TcJI3tgJQB7a_Wml0qrqgPV4Z6hraM";
const UUID = "f32268ac-3417-42ca-87c8-91188e15ad5f";

/** A visitor whose browser has this cookie already. */
function sent<D extends object>(visitor: Visitor<D>, value: string): Promise<unknown> {
  return visitor.exchange(({ jar }) => jar.set("session", value));
}

test("the event of a session that ends has its name, which is not the ID in the cookie", async () => {
  const { visitor, sid, events } = setUp();
  await visitor.visit(({ data }) => Object.assign(data, { value: "42" }));
  const id = sid()!;
  let name: string | undefined;
  await visitor.visit(async (session) => {
    name = session.id;
    await session.destroy();
  });
  expect(name).toMatch(/^[\w-]{43}$/);
  expect(events.at(-1)).toMatchObject({ type: "session.ended", session: name });
  expect(JSON.stringify(events)).not.toContain(id);
});

describe("a new session", () => {
  test("is kept under a random ID, with _permanent before all else", async () => {
    const { visitor, sid, record } = setUp();
    await visitor.visit(({ data }) => Object.assign(data, { value: "42" }));
    expect(sid()).toMatch(/^[\w-]{43}$/);
    const { data, expires } = (await record(sid()!))!;
    expect(Buffer.from(data).toString("hex")).toBe("82aa5f7065726d616e656e74c3a576616c7565a23432");
    expect(expires.getTime()).toBe(NOW + 3_600_000);
  });

  test("sets Flask-Session's cookie, with a date where it is permanent", async () => {
    const write = async (permanent: boolean) => {
      const { visitor } = setUp({ permanent });
      return (await visitor.visit(({ data }) => Object.assign(data, { a: 1 }))).setCookies;
    };
    expect(await write(true)).toEqual([
      expect.stringMatching(/^session=[\w-]{43}; Expires=Fri, 01 Jan 2100 01:00:00 GMT; HttpOnly; Path=\/$/),
    ]);
    expect(await write(false)).toEqual([expect.stringMatching(/^session=[\w-]{43}; HttpOnly; Path=\/$/)]);
  });

  test("holds nothing of the visitor who only looks, and asks the store nothing", async () => {
    const { visitor } = setUp();
    const calls = await storeCalls(async () => {
      const visit = await visitor.visit((session) => {
        expect(session.data).toEqual({ _permanent: true });
        expect(session.new).toBe(true);
        expect(session.modified).toBe(false);
      });
      expect(visit).toEqual({ setCookies: [], vary: "Cookie", cacheControl: null });
    });
    expect(calls).toEqual([]);
  });

  test("has IDs of the length that SESSION_ID_LENGTH says, and no shorter than can be guessed", async () => {
    const { visitor, sid } = setUp({ idLength: 48 });
    await visitor.visit(({ data }) => Object.assign(data, { a: 1 }));
    expect(sid()).toHaveLength(64);
    expect(() => setUp({ idLength: 8 })).toThrow("SESSION_ID_LENGTH");
  });
});

describe("a session that Python wrote", () => {
  test.each([SID, UUID, "a".repeat(20), "b".repeat(128)])("is read under the ID %s", async (id) => {
    const { visitor, put } = setUp();
    await put(id, { _permanent: true, user: "ada" });
    await sent(visitor, id);
    await visitor.visit((session) => {
      expect(session.data).toEqual({ _permanent: true, user: "ada" });
      expect(session.new).toBe(false);
    });
  });

  test("is read in either format and written in the one that was chosen", async () => {
    const { visitor, memory, clock, record } = setUp({ format: "msgpack" });
    await memory.create(
      { id: SID, owner: undefined },
      { data: Buffer.from('{"_permanent":true,"a":1.0}'), expires: new Date(NOW + 1000) },
      new Date(clock.now()),
    );
    await sent(visitor, SID);
    await visitor.visit(({ data }) => (data["b"] = 2));
    expect(Buffer.from((await record(SID))!.data).toString("hex")).toBe(
      "83aa5f7065726d616e656e74c3a161cb3ff0000000000000a16202",
    );
  });

  test("is left as it is when it is only read: its end moves, and its cookie is sent again", async () => {
    const { visitor, put, record, clock } = setUp();
    await put(SID, { _permanent: true, a: 1 });
    await sent(visitor, SID);
    clock.move(60);
    const calls = await storeCalls(async () => {
      const { setCookies } = await visitor.visit(({ data }) => expect(data["a"]).toBe(1));
      expect(setCookies).toEqual([`session=${SID}; Expires=Fri, 01 Jan 2100 01:01:00 GMT; HttpOnly; Path=/`]);
    });
    expect(calls).toEqual(["load", "touch"]);
    expect((await record(SID))!.expires.getTime()).toBe(NOW + 3_660_000);
  });

  test("is not even touched where SESSION_REFRESH_EACH_REQUEST is off, nor by a request that does not use it", async () => {
    const { visitor, put } = setUp({ refresh: false });
    await put(SID, { _permanent: true, a: 1 });
    await sent(visitor, SID);
    expect(await storeCalls(() => visitor.visit(({ data }) => data))).toEqual(["load"]);
    expect(await storeCalls(() => visitor.exchange(() => undefined))).toEqual([]);
  });

  test("is no session where it cannot be read, and stays for whoever can", async () => {
    const { visitor, memory, clock, types, record } = setUp();
    const bytes = Buffer.from("80049503000000000000007d942e", "hex");
    await memory.create(
      { id: SID, owner: undefined },
      { data: bytes, expires: new Date(NOW + 3_600_000) },
      new Date(clock.now()),
    );
    await sent(visitor, SID);
    await visitor.visit((session) => expect(session.new).toBe(true));
    expect(types()).toEqual(["record.corrupt"]);
    await visitor.visit(({ data }) => (data["a"] = 1));
    expect(Buffer.from((await record(SID))!.data)).toEqual(bytes);
  });

  test("keeps its order of keys and its numbers when another one is written", async () => {
    const { visitor, put, record, codec } = setUp();
    const before = new Map<string, unknown>([["z", 1]]);
    await put(SID, { _permanent: true, z: 1, a: [2 ** 60], m: before });
    await sent(visitor, SID);
    await visitor.visit(({ data }) => (data["new"] = true));
    const { data } = codec.decode((await record(SID))!.data);
    expect(Object.keys(data)).toEqual(["_permanent", "z", "a", "m", "new"]);
  });
});

describe("an ID that the store does not know", () => {
  test.each([
    ["another shape", "short", "sid.malformed"],
    ["an injection", "a".repeat(20) + "$ne", "sid.malformed"],
    ["a well-formed one", SID, "sid.unknown"],
  ])("is never adopted: %s", async (_, value, event) => {
    const { visitor, sid, types } = setUp();
    await sent(visitor, value);
    await visitor.visit(({ data }) => (data["a"] = 1));
    expect(sid()).not.toBe(value);
    expect(types()).toContain(event);
  });
});

describe("a signed ID", () => {
  test("is that of itsdangerous, and opens with earlier keys too", async () => {
    const old = setUp({ useSigner: true, keys: [KEY] });
    await old.visitor.visit(({ data }) => (data["a"] = 1));
    const value = /session=([^;]+)/.exec(old.visitor.cookie)![1]!;
    expect(value).toMatch(/^[\w-]{43}\.[\w-]{27}$/);
    for (const [keys, expected] of [
      [[KEY, OTHER_KEY], 1],
      [[OTHER_KEY], undefined],
    ] as const) {
      const { visitor } = setUp({ useSigner: true, keys: [...keys], store: old.memory });
      await sent(visitor, value);
      await visitor.visit(({ data }) => expect(data["a"]).toBe(expected));
    }
  });

  test("is not taken without its signature", async () => {
    const { visitor, put, types } = setUp({ useSigner: true, keys: [KEY] });
    await put(SID, { a: 1 });
    await sent(visitor, SID);
    await visitor.visit(({ data }) => expect(data["a"]).toBeUndefined());
    expect(types()).toEqual(["sid.malformed"]);
  });
});

describe("an end", () => {
  test("by destroy is final: a request that is under way does not bring it back", async () => {
    const { visitor, sid, record, types } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    const id = sid()!;
    const late = visitor.copy();
    await late.visit(async ({ data }) => {
      data["b"] = 2;
      await visitor.visit((session) => session.destroy());
    });
    expect(await record(id)).toBeUndefined();
    expect(visitor.cookie).toBe("");
    expect(types()).toContain("session.gone");
    expect(await failure(late.visit((session) => session.update((data) => void (data["c"] = 1))))).toBe(
      undefined,
    );
    expect(await record(id)).toBeUndefined();
  });

  test("by emptying deletes record and cookie, though _permanent stays", async () => {
    for (const empty of [
      (session: any) => session.clear(),
      (session: any) => delete session.data["a"],
      (session: any) => session.update((data: any) => void delete data["a"]),
    ]) {
      const { visitor, sid, record } = setUp();
      await visitor.visit(({ data }) => (data["a"] = 1));
      const id = sid()!;
      const { setCookies } = await visitor.visit(async (session) => {
        await empty(session);
        expect(session.data).toEqual({ _permanent: true });
      });
      expect(setCookies).toEqual([
        "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Path=/",
      ]);
      expect(await record(id)).toBeUndefined();
    }
  });

  test("comes when PERMANENT_SESSION_LIFETIME is over, counted from the last use", async () => {
    const { visitor, clock } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    clock.move(3000);
    await visitor.visit(({ data }) => expect(data["a"]).toBe(1));
    clock.move(3000);
    await visitor.visit(({ data }) => expect(data["a"]).toBe(1));
    clock.move(3600);
    await visitor.visit(({ data }) => expect(data["a"]).toBeUndefined());
  });
});

describe("a new ID", () => {
  test("ends the old one at once and keeps the data", async () => {
    const { visitor, sid, record, codec } = setUp();
    await visitor.visit(({ data }) => (data["cart"] = ["tea"]));
    const [old, thief] = [sid()!, visitor.copy()];
    await visitor.visit(async (session) => {
      session.data["more"] = 1;
      const before = session.id;
      await session.regenerate({ user: "42" });
      expect(session.id).not.toBe(before);
    });
    expect(sid()).not.toBe(old);
    expect(await record(old)).toBeUndefined();
    expect(codec.decode((await record(sid()!))!.data).data).toEqual({
      _permanent: true,
      cart: ["tea"],
      more: 1,
      _user_id: "42",
      _fresh: true,
    });
    await thief.visit((session) => expect(session.data).toEqual({ _permanent: true }));
  });

  test("takes with it what another request wrote in the same moment", async () => {
    const { memory, visitor, sid } = setUp();
    await visitor.visit(({ data }) => (data["n"] = 0));
    const python = setUp({ store: memory });
    await sent(python.visitor, sid()!);
    const create = memory.create.bind(memory);
    memory.create = async (...args) => {
      memory.create = create;
      const version = await create(...args);
      // Between the new record and the end of the old one.
      await python.visitor.visit(({ data }) => (data["theirs"] = 1));
      return version;
    };
    await visitor.visit(async (session) => {
      session.data["ours"] = 1;
      await session.regenerate();
      expect(session.data).toEqual({ _permanent: true, n: 0, ours: 1, theirs: 1 });
    });
    await visitor.visit(({ data }) => expect(data).toEqual({ _permanent: true, n: 0, ours: 1, theirs: 1 }));
  });

  test("is not given to a session that has ended in the meantime", async () => {
    const { visitor, sid, record } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    const id = sid()!;
    const other = visitor.copy();
    const error = await failure(
      visitor.visit(async (session) => {
        await other.visit((ended) => ended.destroy());
        await session.regenerate({ user: "42" });
      }),
    );
    expect(error.code).toBe("GONE");
    expect(await record(id)).toBeUndefined();
  });
});

describe("parallel requests", () => {
  test("lose nothing: 20 of 20 keys, and an exact count", async () => {
    const { visitor, memory, sid } = setUp();
    await visitor.visit(({ data }) => (data["n"] = 0));
    const apps = [visitor, ...[1, 2, 3].map(() => setUp({ store: memory }).visitor)];
    for (const app of apps.slice(1)) await sent(app, sid()!);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        apps[i % 4]!.copy().visit(async (session) => {
          session.data[`k${i}`] = i;
          await session.update((data) => void (data["n"] += 1));
        }),
      ),
    );
    await visitor.visit(({ data }) => {
      expect(Object.keys(data).filter((key) => key.startsWith("k"))).toHaveLength(20);
      expect(data["n"]).toBe(20);
    });
  });
});

test.each(["msgpack", "json", "pickle"] as const)(
  "messages that were shown do not come back because others write, in %s, though a tuple comes back as a list",
  async (format) => {
    const { visitor, memory } = setUp({ format });
    await visitor.visit(({ data }) => (data["n"] = 0));
    const save = memory.save.bind(memory);
    let saves = 0;
    let shown: Promise<unknown> | undefined;
    memory.save = async (...args) => {
      // While the second write is on its way, somebody is shown what the first one has written.
      if (++saves === 2) {
        shown = visitor.copy().visit((session) => expect(session.flashes()).toHaveLength(1));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return save(...args);
    };
    const first = visitor.copy().visit((session) => session.flash("once"));
    const second = visitor.copy().visit(async (session) => {
      session.data["n"] = 1;
      await first;
    });
    await Promise.all([first, second, visitor.copy().visit(({ data }) => (data["m"] = 1))]);
    await shown;
    await visitor.visit((session) => {
      expect(session.data).toMatchObject({ n: 1, m: 1 });
      expect(session.flashes()).toEqual([]);
    });
  },
);

test("what Flask-Session cannot store is an error that names the place, and nothing is saved", async () => {
  const { visitor } = setUp();
  const error = await failure(visitor.visit(({ data }) => (data["cart"] = [{ n: 2n ** 64n }])));
  expect(error).toMatchObject({ code: expect.stringMatching(/UN/), path: "cart[0].n" });
  expect(visitor.cookie).toBe("");
});

test("there is no list of a user's sessions, and that is said", () => {
  const { sessions } = setUp();
  expect(() => sessions.forUser("42")).toThrow("Flask-Session's layouts have no list of sessions");
});

test("records that have ended are removed once in as many requests as asked", async () => {
  const { memory, clock, visitor } = setUp({ cleanEvery: 3 });
  await memory.create(
    { id: SID, owner: undefined },
    { data: new Uint8Array(), expires: new Date(NOW + 1000) },
    new Date(NOW),
  );
  clock.move(2);
  const calls = await storeCalls(async () => {
    for (let i = 0; i < 3; i++) await visitor.exchange(() => undefined);
  });
  expect(calls.filter((call) => call === "deleteExpired")).toHaveLength(1);
});

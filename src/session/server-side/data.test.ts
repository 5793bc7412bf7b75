import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setUp as setUpCookie } from "../../../test/support/cookie-sessions.ts";
import { failure, request, setUpServer } from "../../../test/support/server-sessions.ts";
import { KEY } from "../../../test/support/visitor.ts";
import { Markup, type Tag, Tuple, Uuid } from "../../codec/index.ts";
import { PyFloat } from "../../encoding/py-float.ts";
import { newSessionId } from "./session-id.ts";
import { FakeClock } from "../../testing/fake-clock.ts";

const increment = (data: any) => void (data.n = (data.n ?? 0) + 1);

test.each(["regenerate", "update"] as const)(
  "%s goes on with data that cannot be changed in its place",
  async (method) => {
    const getter = {
      get g() {
        return 5;
      },
    };
    for (const data of [Object.freeze({ a: 1 }), { v: getter }, Object.seal({ a: 1 })]) {
      const { visitor, sessions } = setUpServer();
      await visitor.visit((session) => void (session.data = { start: 1 }));
      await visitor.visit(async (session) => {
        session.data = data;
        if (method === "regenerate") await session.regenerate({ user: "ada" });
        else await session.update(increment);
        session.data.after = 2;
      });
      const stored = JSON.parse(JSON.stringify(data));
      await visitor.visit((session) => expect(session.data).toMatchObject({ ...stored, after: 2 }));
      expect(await sessions.forUser("ada").list()).toHaveLength(method === "regenerate" ? 1 : 0);
    }
  },
);

test.each([" t", " di", " d", " b"])(
  "a new session whose only key is %j is that, whatever stores it",
  async (key) => {
    for (const store of [
      (session: any) => void (session.data[key] = 1),
      (session: any) => session.update((data: any) => void (data[key] = 1)),
      (session: any) => {
        session.data[key] = 1;
        return session.regenerate();
      },
    ]) {
      const { visitor } = setUpServer();
      await visitor.visit(store);
      await visitor.visit(({ data }) => expect(data).toEqual({ [key]: 1 }));
    }
  },
);

describe("the store keeps", () => {
  const values: [string, unknown][] = [
    ["text of every kind", ["", "é", "\u0000", "\ud800", "😀", "</script>", "\u2028", "a".repeat(100_000)]],
    ["numbers", [0, -0, 1, -1, 1.5, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 2 ** 53, 2n ** 64n, -(2n ** 70n)]],
    ["what JSON has no word for", [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ["constants", [null, true, false]],
    [
      "Flask's types",
      [
        new Tuple([1, new Tuple([])]),
        new Uint8Array([0, 255]),
        new Date(1000),
        new Markup("<b>"),
        new Uuid("0".repeat(32)),
      ],
    ],
    ["empty things", [{}, [], [[]], [{}], { a: {} }]],
    ["keys of every kind", { "": 1, 1: 2, " ": 3, é: 4, "a.b": 5, constructor: 6, toString: 7, $set: 8 }],
    [
      "dicts that look like tagged values",
      [{ " t": 1 }, { " di": { " t": 1 } }, { " d__": 1 }, { " u": { " b": 1 } }],
    ],
    ["a key __proto__", JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":null}}')],
    ["a deep list", Array.from({ length: 200 }).reduce((inner) => [inner], 1 as unknown)],
  ];

  test.each(values)("%s, as a signed cookie does", async (_, value) => {
    for (const encryptAtRest of [false, true]) {
      const { visitor } = setUpServer({ encryptAtRest, secretKey: KEY });
      await visitor.visit(({ data }) => (data["v"] = value));
      await visitor.visit(({ data }) => expect(data["v"]).toStrictEqual(value));
      await visitor.visit((session) => session.update(increment));
      await visitor.visit((session) => session.regenerate({ user: "42" }));
      await Promise.all(["x", "y"].map((key) => visitor.visit(({ data }) => (data[key] = 1))));
      await visitor.visit(({ data }) => expect(data).toStrictEqual({ n: 1, v: value, x: 1, y: 1 }));
    }
    expect(({} as any).polluted).toBeUndefined();
  });

  test("whatever a signed cookie keeps", async () => {
    const any = fc.dictionary(
      fc.string().filter((key) => !key.startsWith("_")),
      fc.jsonValue({ maxDepth: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(any, async (data) => {
        const [server, cookie] = [setUpServer(), setUpCookie()];
        for (const { visitor } of [server, cookie])
          await visitor.visit((session) => (session.data = { ...data, k: 1 }));
        let kept: unknown;
        await cookie.visitor.visit((session) => (kept = session.data));
        await server.visitor.visit((session) => expect(session.data).toStrictEqual(kept));
      }),
      { numRuns: 200 },
    );
  });

  test("sessions that no cookie could hold", async () => {
    const { visitor } = setUpServer();
    const large = Array.from({ length: 20_000 }, (_, i) => ({ i, name: `item ${i}` }));
    await visitor.visit(({ data }) => (data["large"] = large));
    await visitor.visit(({ data }) => expect(data["large"]).toEqual(large));
  });

  test("Python's number types, through reads, writes, merges and updates", async () => {
    const clock = new FakeClock(new Date("2026-11-20T18:40:00Z"));
    const { store, sessions } = setUpServer({ clock });
    const id = newSessionId(undefined);
    const now = new Date(clock.now());
    const text = '{"_created":1795200000,"f":1.0,"i":1,"list":[1.0,2.0],"z":-0.0}';
    await store.create(id.key, { data: Buffer.from(text), expires: new Date(clock.now() + 1e6) }, now);
    const cookie = `__Host-session=${id.text}`;
    await Promise.all([
      request(sessions, cookie, (session) => session.update(increment)),
      request(sessions, cookie, ({ data }: any) => data.list.push(3)),
      request(sessions, cookie, ({ data }) => (data["own"] = new PyFloat(5))),
    ]);
    expect(Buffer.from((await store.load(id.key, now))!.data).toString()).toBe(
      '{"_created":1795200000,"f":1.0,"i":1,"list":[1.0,2.0,3.0],"n":1,"own":5.0,"z":-0.0}',
    );
  });

  test("the application's own types", async () => {
    class Point {
      readonly x: number;
      constructor(x: number) {
        this.x = x;
      }
    }
    const tag: Tag<Point> = {
      key: " p",
      check: (value) => value instanceof Point,
      toJson: ({ x }) => x,
      fromJson: (json) => new Point(json as number),
    };
    const { visitor } = setUpServer({ tags: [tag as Tag] });
    await visitor.visit(({ data }) => (data["at"] = new Point(3)));
    await visitor.visit(({ data }) => expect(data["at"]).toEqual(new Point(3)));
  });

  test("nothing of what cannot be stored, which is refused with its path", async () => {
    const cycle: any = {};
    cycle.self = cycle;
    for (const [value, path] of [
      [[{ fn: () => 1 }], "v[0].fn"],
      [{ at: Symbol("x") }, "v.at"],
      [{ map: new Map() }, "v.map"],
      [[new Date(Number.NaN)], "v[0]"],
      [
        {
          get x() {
            throw new Error("mine");
          },
        },
        "v.x",
      ],
      [cycle, undefined],
    ] as const) {
      const { visitor, countRecords } = setUpServer();
      await visitor.visit(({ data }) => (data["keep"] = 1));
      for (const work of [
        (session: any) => (session.data.v = value),
        (session: any) => session.update((data: any) => void (data.v = value)),
        (session: any) => ((session.data.v = value), session.regenerate({ user: "42" })),
      ]) {
        const error = await failure(visitor.visit(work));
        expect(error).toMatchObject({ code: "UNSERIALIZABLE" });
        if (path !== undefined) expect(error.path).toBe(path);
      }
      await visitor.visit((session) =>
        expect([session.user, session.data]).toEqual([undefined, { keep: 1 }]),
      );
      expect(await countRecords()).toBe(1);
    }
  });

  test("none of the session's own keys from the application's data", async () => {
    for (const key of [
      "_user_id",
      "_created",
      "_auth_at",
      "_permanent",
      "_flashes",
      "_device",
      "_successor",
      "_predecessor",
    ]) {
      const { visitor, countRecords } = setUpServer();
      expect(await failure(visitor.visit(({ data }) => (data[key] = "42")))).toMatchObject({ path: key });
      const update = visitor.visit((session) => session.update((data) => void (data[key] = "42")));
      expect(await failure(update)).toMatchObject({ path: key });
      expect(await countRecords()).toBe(0);
    }
  });
});

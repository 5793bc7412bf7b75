import { describe, expect, test } from "vitest";
import { z } from "zod";
import { setUp } from "../../test/support/cookie-sessions.ts";
import { KEY, Visitor } from "../../test/support/visitor.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { FlaskCookie } from "../codec/index.ts";
import { ConfigError } from "../errors.ts";
import { createSessions, type SessionEvent, signedCookie, type StandardSchema } from "./index.ts";

describe("a schema", () => {
  const schema = z.object({ count: z.number().default(0), cart: z.array(z.string()).default([]) });
  const create = (clock: FakeClock) =>
    createSessions({ secretKey: KEY, storage: signedCookie(), schema, clock });

  test("that is strict and has lost a key keeps the others", async () => {
    const cart = z.array(z.string()).default([]);
    const before = setUp({ schema: z.strictObject({ cart, theme: z.string().optional() }) as never });
    const after = setUp({ clock: before.clock, schema: z.strictObject({ cart }) as never });
    await before.visitor.visit((session) => void (session.data = { cart: ["tea"], theme: "dark" }));
    const visitor = before.visitor.at(after.sessions);
    await visitor.visit(({ data }) => {
      expect(data).toEqual({ cart: ["tea"] });
      data["cart"] = ["cake"];
    });
    await visitor
      .at(before.sessions)
      .visit(({ data }) => expect(data).toEqual({ cart: ["cake"], theme: "dark" }));
  });

  test.each([
    ["a function", () => true],
    ["an object", {}],
    ["null", null],
  ])("that is none is refused at once: %s", (_, none) => {
    expect(() => createSessions({ secretKey: KEY, schema: none as never })).toThrow(/no Standard Schema/);
  });

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

  const isHttps = (home: unknown): boolean =>
    home === undefined || new URL(home as string).protocol === "https:";
  const homes = z.object({ home: z.string().optional().refine(isHttps), count: z.number().default(0) });
  const later: StandardSchema = {
    "~standard": { ...homes["~standard"], validate: async (value) => homes["~standard"].validate(value) },
  };
  test.each([
    ["at once", homes],
    ["later", later],
  ])("that throws %s at what it finds gives a default in its place, and an event", async (_, given) => {
    const before = setUp();
    await before.visitor.visit((session) =>
      Object.assign(session.data, { home: "example.com", count: 3, legacy: 1 }),
    );
    const after = setUp({ clock: before.clock, schema: given as never });
    const visitor = before.visitor.at(after.sessions);
    await visitor.visit(({ data }) => {
      expect(data).toEqual({ count: 3 });
      data["count"] = 4;
    });
    expect(after.types()).toEqual(["session.schema"]);
    await visitor.at(before.sessions).visit(({ data }) => expect(data).toEqual({ count: 4, legacy: 1 }));
  });

  test("that throws at an empty session is the caller's mistake", async () => {
    const { visitor } = setUp({ schema: z.any().refine((data) => data.user.name !== "") as never });
    await expect(visitor.visit(() => {})).rejects.toThrow(TypeError);
  });

  test("that asks for a bigint is given one, however small, and nothing is written for that", async () => {
    const ids = z.object({
      id: z.bigint().default(0n),
      all: z.array(z.object({ id: z.bigint(), n: z.number() })).default([]),
      name: z.string().default("nobody"),
    });
    const { visitor, types } = setUp({ schema: ids as never });
    const data = {
      id: 5n,
      all: [
        { id: 2n ** 60n, n: 1 },
        { id: -1n, n: 2 },
      ],
      name: "ada",
    };
    await visitor.visit((session) => Object.assign(session.data, data));
    const again = await visitor.visit((session) => expect(session.data).toEqual(data));
    expect(again.setCookies).toEqual([]);
    await visitor.visit((session) => ((session.data["id"] as bigint) += 1n));
    await visitor.visit((session) => expect(session.data).toEqual({ ...data, id: 6n }));
    expect(types()).toEqual(["session.created"]);
  });

  test("that asks for a bigint and finds another number beside what does not fit keeps what fits", async () => {
    const before = setUp();
    await before.visitor.visit((session) => Object.assign(session.data, { id: 5, part: 0.5, name: 1 }));
    const ids = z.object({
      id: z.bigint().optional(),
      part: z.bigint().default(7n),
      name: z.string().default("x"),
    });
    const after = setUp({ clock: before.clock, schema: ids as never });
    await before.visitor
      .at(after.sessions)
      .visit(({ data }) => expect(data).toEqual({ id: 5n, part: 7n, name: "x" }));
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
    const clock = new FakeClock(new Date("2026-11-20T18:40:00Z"));
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

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { failure, request, setUpServer } from "../../../test/support/server-sessions.ts";
import { Visitor } from "../../../test/support/visitor.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { MemoryStore } from "../../stores/memory.ts";

describe("with a schema", () => {
  const schema = z.object({
    n: z.number().default(0),
    cart: z.array(z.string()).default([]),
    deep: z.record(z.string(), z.number()).default({}),
  });

  test("defaults alone make no record, and updates begin with them", async () => {
    const { visitor, countRecords } = setUpServer({ schema });
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 0, cart: [], deep: {} }));
    expect(await countRecords()).toBe(0);
    await visitor.visit((session) => session.update((data) => void (data.n += 1)));
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 1, cart: [], deep: {} }));
  });

  test("changes of several requests are merged, and updates are exact", async () => {
    const [clock, store] = [new FakeClock(), new MemoryStore({ maxRecords: 10 })];
    const processes = [1, 2, 3].map(() => setUpServer({ schema, clock, store }));
    const { visitor } = processes[0]!;
    await visitor.visit(({ data }) => (data.n = 5));
    const errors = await Promise.all(
      Array.from({ length: 15 }, (_, i) =>
        failure(
          request(processes[i % 3]!.sessions, visitor.cookie, async (session) => {
            session.data.deep[`k${i}`] = i;
            if (i === 7) session.data.cart.push("tea");
            await session.update((data) => void (data.n += 1));
          }),
        ),
      ),
    );
    expect(errors.filter((error) => error !== undefined)).toEqual([]);
    const deep = Object.fromEntries(errors.map((_, i) => [`k${i}`, i]));
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 20, cart: ["tea"], deep }));
  });

  test("keys that it does not know stay, and what does not fit gets its default", async () => {
    const [clock, store] = [new FakeClock(), new MemoryStore({ maxRecords: 10 })];
    const loose = setUpServer({ clock, store });
    const strict = setUpServer({ clock, store, schema });
    await loose.visitor.visit(
      (session) => (
        (session.data = { n: "many", legacy: 1, cart: ["tea"] }),
        session.regenerate({ user: "42" })
      ),
    );
    const { cookie } = loose.visitor;
    await request(strict.sessions, cookie, async (session) => {
      expect([session.user, session.data]).toEqual(["42", { n: 0, cart: ["tea"], deep: {} }]);
      await session.update((data) => void (data.n += 1));
      session.data.cart.push("milk");
    });
    expect(strict.types()).toContain("session.schema");
    expect((await loose.look(cookie)).data).toMatchObject({ n: 1, legacy: 1, cart: ["tea", "milk"] });
    expect((await loose.look(cookie)).user).toBe("42");
  });

  test("that answers later works as well", async () => {
    const slow = z.object({ n: z.number().default(1) }).refine(async () => true);
    const { sessions } = setUpServer({ schema: slow });
    const visitor = new Visitor(sessions);
    await visitor.visit(async (session) => {
      await Promise.all([1, 2, 3].map(() => session.update((data) => void (data.n += 1))));
      session.data.n += 1;
    });
    await visitor.visit(async (session) => {
      expect(session.data).toEqual({ n: 5 });
      await session.regenerate({ user: "42" });
      session.clear();
      expect(session.data).toEqual({ n: 1 });
    });
    await visitor.visit((session) => expect([session.user, session.data]).toEqual([undefined, { n: 1 }]));
  });
});

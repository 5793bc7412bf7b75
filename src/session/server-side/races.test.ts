import { describe, expect, test } from "vitest";
import { faultyStore, moment } from "../../../test/support/faulty-store.ts";
import { failure, setUpServer } from "../../../test/support/server-sessions.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { MemoryStore } from "../../stores/memory.ts";
import type { SessionManager } from "../index.ts";

const ROUNDS = process.env["HIPFLASK_LONG"] === "1" ? 500 : 50;

/** Two processes with one store, each of whose calls takes its time before and after. */
function setUp() {
  const [clock, memory] = [new FakeClock(), new MemoryStore({ maxRecords: 1000 })];
  const store = faultyStore(memory, async (_, proceed) => {
    await moment();
    const answer = await proceed();
    await moment();
    return answer;
  });
  const [one, two] = [setUpServer({ store, clock }), setUpServer({ store, clock })];
  return { one, two, plain: setUpServer({ store: memory, clock }) };
}

/** A request whose session is loaded, and that goes on when it is told to. */
async function begin(sessions: SessionManager<any>, cookie: string) {
  const exchange = sessions.open({ cookie, host: "example.com", encrypted: true });
  const session = await exchange.session();
  return {
    async goOn(work: (session: any) => unknown) {
      await moment();
      await work(session);
      await moment();
      await exchange.commit();
      const headers = new Headers();
      exchange.writeTo(headers);
      return headers.getSetCookie().map((header) => header.split(";")[0]!);
    },
  };
}

const WORK: Record<string, (session: any) => unknown> = {
  read: (session) => session.data.n,
  write: (session) => (session.data.late = true),
  permanence: (session) => (session.permanent = true),
  update: (session) => session.update((data: any) => void (data.n += 1)),
  "update nobody waits for": (session) =>
    void session.update((data: any) => void (data.n += 1)).catch(() => {}),
  regenerate: (session) => session.regenerate(),
  "regenerate twice": async (session) => (await session.regenerate(), session.regenerate()),
  flash: (session) => session.flash("late"),
  "taking messages": (session) => session.flashes(),
  clear: (session) => (session.clear(), (session.data.late = true)),
  "login of another user": (session) => session.regenerate({ user: "7" }),
  "login of nobody": (session) => session.regenerate({ user: null }),
};

describe("logging out is final", () => {
  const cases = Object.keys(WORK).flatMap((name) => [[name, "first"] as const, [name, "second"] as const]);

  test.each(cases)("against a %s that came %s", async (name, order) => {
    const outcomes = new Set<string>();
    const round = async () => {
      const { one, two, plain } = setUp();
      await plain.visitor.visit(async (session) => {
        session.data["n"] = 0;
        session.flash("hello");
        await session.regenerate({ user: "42" });
      });
      const { cookie } = plain.visitor;
      const early = order === "first" ? await begin(one.sessions, cookie) : undefined;
      const logout = await begin(two.sessions, cookie);
      const other = early ?? (await begin(one.sessions, cookie));
      const late = other.goOn(WORK[name]!).then(
        (cookies) => cookies,
        (error: any) => (outcomes.add(error.code), [] as string[]),
      );
      const ended = logout.goOn((session) => session.destroy());
      const cookies = [cookie, ...(await late), ...(await ended)];
      for (const each of cookies) {
        const session = await plain.look(each);
        expect([session.new, session.user, session.data]).toEqual([true, undefined, {}]);
      }
      expect(await plain.countRecords()).toBe(0);
    };
    await Promise.all(Array.from({ length: ROUNDS }, round));
    for (const code of outcomes) expect(["GONE", "CONFLICT"]).toContain(code);
  });

  test("against another logout", async () => {
    const round = async () => {
      const { one, two, plain } = setUp();
      await plain.visitor.visit((session) => session.regenerate({ user: "42" }));
      const both = await Promise.all([one, two].map(({ sessions }) => begin(sessions, plain.visitor.cookie)));
      await Promise.all(both.map((each) => each.goOn((session) => session.destroy())));
      expect(await plain.countRecords()).toBe(0);
    };
    await Promise.all(Array.from({ length: ROUNDS }, round));
  });

  test("also for the request itself: nothing of what it had changed begins another session", async () => {
    const { visitor, countRecords } = setUpServer();
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    await visitor.visit(async (session) => {
      session.data["a"] = 1;
      session.flash("x");
      await Promise.all([session.destroy(), failure(session.update(() => {})), session.destroy()]);
    });
    expect(visitor.cookie).toBe("");
    expect(await countRecords()).toBe(0);
  });
});

describe("requests at once", () => {
  test("of one visitor keep what each of them wrote: 20 of 20, in four processes", async () => {
    for (let i = 0; i < 10; i++) {
      const { one, two, plain } = setUp();
      await plain.visitor.visit(({ data }) => (data["deep"] = { n: 0 }));
      const { cookie } = plain.visitor;
      const processes = [one, two, setUpServer({ store: one.store, clock: one.clock }), two];
      const keys = Array.from({ length: 20 }, (_, k) => `k${k}`);
      const errors = await Promise.all(
        keys.map(async (key, k) => {
          const exchange = await begin(processes[k % 4]!.sessions, cookie);
          return failure(exchange.goOn((session) => (session.data.deep[key] = k)));
        }),
      );
      expect(errors.filter((error) => error !== undefined)).toEqual([]);
      const expected = Object.fromEntries(keys.map((key, k) => [key, k]));
      expect((await plain.look(cookie)).data).toEqual({ deep: { n: 0, ...expected } });
    }
  });

  test("keep every message", async () => {
    const { one, two, plain } = setUp();
    await plain.visitor.visit(({ data }) => (data["n"] = 0));
    const requests = await Promise.all(
      Array.from({ length: 20 }, (_, i) => begin([one, two][i % 2]!.sessions, plain.visitor.cookie)),
    );
    await Promise.all(
      requests.map((each, i) => each.goOn((session) => session.flash(i % 2 === 0 ? "same" : i))),
    );
    expect((await plain.look(plain.visitor.cookie)).flashes()).toHaveLength(20);
  });
});

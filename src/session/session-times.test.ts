import { describe, expect, test } from "vitest";
import { setUp } from "../../test/support/cookie-sessions.ts";
import { ConfigError } from "../errors.ts";
import { FakeClock } from "../testing/fake-clock.ts";

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

  test("the lifetime is 14 days where nothing is said, and no session ends by being idle", async () => {
    const { visitor, clock } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    clock.move(14 * 24 * 60 * 60 - 1);
    await visitor.visit((session) => expect(session.data).toEqual({ a: 1 }));
    clock.move(2);
    await visitor.visit((session) => expect(session.data).toEqual({}));
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
    const clock = new FakeClock(new Date("2026-11-20T18:40:00Z"));
    const { visitor } = setUp({ lifetime: 3600, idleTimeout: 60, clock });
    const write = (session: any) => {
      session.permanent = true;
      session.data["n"] = clock.now();
    };
    expect((await visitor.visit(write)).setCookies[0]).toContain("; Expires=Fri, 20 Nov 2026 18:41:00 GMT");
    const { visitor: other } = setUp({ lifetime: 3600, clock });
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

import { describe, expect, test } from "vitest";
import { failure, request, setUpServer } from "../../../test/support/server-sessions.ts";

describe("a login", () => {
  test("gives a new ID, keeps the cart and says when it was", async () => {
    const { visitor, clock, types, events } = setUpServer();
    await visitor.visit(({ data }) => (data["cart"] = ["tea"]));
    const before = visitor.cookie;
    let name: string | undefined;
    await visitor.visit((session) => void (name = session.id));
    clock.move(60);
    const { setCookies } = await visitor.visit((session) => session.regenerate({ user: "42" }));
    expect(setCookies).toHaveLength(1);
    expect(visitor.cookie).not.toBe(before);
    clock.move(60);
    await visitor.visit((session) => {
      expect([session.user, session.data]).toEqual(["42", { cart: ["tea"] }]);
      expect(session.authenticatedAt).toEqual(new Date(clock.now() - 60_000));
    });
    expect(types()).toEqual(["session.created", "session.renewed"]);
    expect(events[1]).toMatchObject({ session: name });
  });

  test("of a device that is no text is refused, and changes nothing", async () => {
    const { visitor } = setUpServer();
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    await visitor.visit(async (session) => {
      await expect(session.regenerate({ user: "43", device: {} as never })).rejects.toThrow(TypeError);
      expect(session.user).toBe("42");
    });
  });

  test("that a request with the old ID ends is told of by both names", async () => {
    const { visitor, events } = setUpServer();
    const names: (string | undefined)[] = [];
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    await visitor.visit((session) => void names.push(session.id));
    const late = visitor.copy();
    await visitor.visit((session) => session.regenerate());
    await visitor.visit((session) => void names.push(session.id));
    await late.visit((session) => session.destroy());
    const ended = events.filter(({ type }) => type === "session.ended");
    expect(ended.map(({ session }) => session)).toEqual(names);
  });

  test("gives nothing to whoever planted or copied the cookie before it", async () => {
    const { visitor, clock, countRecords } = setUpServer();
    await visitor.visit(({ data }) => (data["cart"] = ["tea"]));
    const thief = visitor.copy();
    await visitor.visit(async (session) => {
      session.data["secret"] = 1;
      await session.regenerate({ user: "42" });
    });
    for (const seconds of [0, 9]) {
      clock.move(seconds);
      await thief.visit((session) =>
        expect([session.user, session.authenticatedAt, session.data]).toEqual([
          undefined,
          undefined,
          { cart: ["tea"] },
        ]),
      );
    }
    clock.move(1);
    await thief.visit((session) => expect([session.new, session.data]).toEqual([true, {}]));
    await visitor.visit((session) => expect(session.user).toBe("42"));
    expect(await countRecords()).toBe(2);
  });

  test("leaves the old ID no longer where the clock is put back", async () => {
    const { visitor, clock, look } = setUpServer();
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    const old = visitor.cookie;
    await visitor.visit((session) => session.regenerate());
    // As far as servers' clocks differ, and further.
    clock.move(-5);
    expect((await look(old)).user).toBe("42");
    for (const seconds of [-1, -7200]) {
      clock.move(seconds);
      expect((await look(old)).user).toBeUndefined();
    }
    await visitor.visit((session) => expect(session.user).toBe("42"));
  });

  test("of a visitor without a session has a cookie of its own, also where there is no data", async () => {
    const { visitor } = setUpServer();
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    await visitor.visit((session) =>
      expect([session.new, session.user, session.data]).toEqual([false, "42", {}]),
    );
  });

  test("of another user empties the old session at once, whatever its IDs were a moment ago", async () => {
    const { visitor, look } = setUpServer();
    await visitor.visit((session) => session.regenerate({ user: "1" }));
    const old = [visitor.cookie];
    await visitor.visit((session) => ((session.data["private"] = 1), session.regenerate()));
    old.push(visitor.cookie);
    await visitor.visit((session) => session.regenerate({ user: "2" }));
    for (const cookie of old) {
      const session = await look(cookie);
      expect([session.user, session.data]).toEqual([undefined, {}]);
    }
    await visitor.visit((session) => expect([session.user, session.data]).toEqual(["2", { private: 1 }]));
  });

  test("that ends it (user: null) leaves nobody logged in under any ID", async () => {
    const { visitor, look, sessions } = setUpServer();
    await visitor.visit((session) => session.regenerate({ user: "1" }));
    const old = visitor.cookie;
    await visitor.visit((session) => session.regenerate({ user: null }));
    await visitor.visit((session) =>
      expect([session.user, session.authenticatedAt]).toEqual([undefined, undefined]),
    );
    expect((await look(old)).user).toBeUndefined();
    expect(await sessions.forUser("1").list()).toEqual([]);
  });

  test("twice in a request leaves one session with the last ID", async () => {
    const { visitor, sessions } = setUpServer();
    const { setCookies } = await visitor.visit(async (session) => {
      await session.regenerate({ user: "1" });
      session.data["a"] = 1;
      await session.regenerate({ user: "1" });
      session.data["b"] = 1;
    });
    expect(setCookies).toHaveLength(1);
    await visitor.visit((session) => expect([session.user, session.data]).toEqual(["1", { a: 1, b: 1 }]));
    expect(await sessions.forUser("1").list()).toHaveLength(1);
  });

  test("needs a user that is text", async () => {
    const { visitor, countRecords } = setUpServer();
    for (const user of ["", 42, {}, []])
      expect(await failure(visitor.visit((s) => s.regenerate({ user: user as never })))).toBeInstanceOf(
        TypeError,
      );
    expect(await countRecords()).toBe(0);
  });
});

describe("the old ID of a session", () => {
  test("can be read by 20 requests that are under way, and written by none", async () => {
    const { visitor, sessions, types } = setUpServer();
    await visitor.visit(({ data }) => (data["n"] = 0));
    const old = visitor.cookie;
    const others = Array.from({ length: 20 }, (_, i) =>
      failure(
        request(sessions, old, async (session) => {
          await Promise.resolve();
          expect(session.data["n"]).toBe(0);
          if (i % 2 === 0) session.data[`k${i}`] = i;
        }),
      ),
    );
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    const errors = await Promise.all(others);
    const written = errors.flatMap((error, i) => (i % 2 === 0 && error === undefined ? [`k${i}`] : []));
    for (const error of errors)
      if (error !== undefined) expect(error).toMatchObject({ code: "CONFLICT", status: 503 });
    for (const [i, error] of errors.entries()) if (i % 2 === 1) expect(error).toBeUndefined();
    await visitor.visit((session) =>
      expect(Object.keys(session.data).toSorted()).toEqual(["n", ...written].toSorted()),
    );
    expect(types().filter((type) => type === "session.renewed")).toHaveLength(1);
  });

  test("gives no second new one, and never a cookie", async () => {
    const { visitor, sessions, clock, countRecords } = setUpServer({ idleTimeout: 50 });
    await visitor.visit(({ data }) => (data["n"] = 0));
    const old = visitor.cookie;
    await visitor.visit((session) => session.regenerate());
    for (const work of [
      (session: any) => session.regenerate(),
      (session: any) => session.regenerate({ user: "7" }),
      (session: any) => session.update(() => {}),
      (session: any) => session.flash("x"),
      (session: any) => (session.permanent = true),
      (session: any) => session.clear(),
    ])
      expect(await failure(request(sessions, old, work))).toMatchObject({ code: "CONFLICT", status: 503 });
    clock.move(9);
    expect(await request(sessions, old, ({ data }) => expect(data).toEqual({ n: 0 }))).toEqual([]);
    clock.move(1);
    expect(await request(sessions, old, ({ data }) => expect(data).toEqual({}))).toEqual([]);
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 0 }));
    expect(await countRecords()).toBe(2);
  });

  test("of 20 regenerations at once, one succeeds", async () => {
    const { visitor, sessions, countRecords } = setUpServer();
    await visitor.visit(({ data }) => (data["n"] = 0));
    const { cookie } = visitor;
    const errors = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        failure(request(sessions, cookie, (s) => s.regenerate({ user: `${i}` }))),
      ),
    );
    expect(errors.filter((error) => error === undefined)).toHaveLength(1);
    for (const error of errors) if (error !== undefined) expect(error).toMatchObject({ code: "CONFLICT" });
    expect(await countRecords()).toBe(2);
  });

  test("ends with the session, and the session through it", async () => {
    for (const chain of [1, 2, 3]) {
      for (let through = 0; through <= chain; through++) {
        const { visitor, sessions, look, countRecords } = setUpServer();
        await visitor.visit((session) => session.regenerate({ user: "42" }));
        const cookies = [visitor.cookie];
        for (let i = 0; i < chain; i++) {
          await visitor.visit((session) => session.regenerate());
          cookies.push(visitor.cookie);
        }
        await request(sessions, cookies[through]!, (session) => session.destroy());
        for (const cookie of cookies) expect((await look(cookie)).user).toBeUndefined();
        expect(await countRecords()).toBe(0);
      }
    }
  });

  test("ends with the session also where that was emptied, or changed its user, in between", async () => {
    for (const between of [
      (session: any) => session.clear(),
      (session: any) => (session.clear(), session.update((data: any) => void (data.a = 1))),
      (session: any) => session.regenerate({ user: "7" }),
      (session: any) => session.regenerate({ user: null }),
    ]) {
      const { visitor, look, countRecords } = setUpServer();
      await visitor.visit((session) => session.regenerate({ user: "42" }));
      const old = visitor.cookie;
      await visitor.visit((session) => session.regenerate());
      await visitor.visit(between);
      await visitor.visit((session) => session.destroy());
      expect((await look(old)).user).toBeUndefined();
      expect(await countRecords()).toBe(0);
    }
  });
});

import { describe, expect, test, vi } from "vitest";
import { failure, request, setUpServer } from "../../../test/support/server-sessions.ts";

const increment = (data: any) => void (data.n = (data.n ?? 0) + 1);

describe("an update", () => {
  test("works on the newest data, keeps what was changed before it, and shows both", async () => {
    const { visitor, sessions } = setUpServer();
    await visitor.visit(({ data }) => Object.assign(data, { n: 1, theirs: 1 }));
    await visitor.visit(async (session) => {
      session.data["mine"] = 1;
      await request(sessions, visitor.cookie, ({ data }) => Object.assign(data, { n: 10, theirs: 2 }));
      let newest: unknown;
      await session.update((data) => {
        newest = { ...data };
        increment(data);
      });
      expect(newest).toEqual({ n: 10, theirs: 2, mine: 1 });
      expect(session.data).toEqual({ n: 11, theirs: 2, mine: 1 });
      expect(session.modified).toBe(false);
    });
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 11, theirs: 2, mine: 1 }));
  });

  test("is given up after five seconds, also where there is no session yet", async () => {
    vi.useFakeTimers();
    try {
      const { visitor } = setUpServer();
      await visitor.visit(async (session) => {
        const endless = session.update(() => new Promise(() => undefined));
        await Promise.all([
          expect(endless).rejects.toThrow("longer than 5 seconds"),
          vi.advanceTimersByTimeAsync(5000),
        ]);
      });
      expect(visitor.cookie).toBe("");
    } finally {
      vi.useRealTimers();
    }
  });

  test("leaves the object that session.data gave, with the new data in it", async () => {
    const { visitor } = setUpServer();
    await visitor.visit(({ data }) => Object.assign(data, { n: 1, gone: 1 }));
    await visitor.visit(async (session) => {
      const { data } = session;
      await session.update((draft: any) => {
        delete draft.gone;
        draft.n = 2;
      });
      expect(session.data).toBe(data);
      expect(data).toEqual({ n: 2 });
      data["after"] = 1;
    });
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 2, after: 1 }));
  });

  // What stands below session.data is made anew by an update, so a change of what was held before it is lost.
  test("leaves the objects below it, which the handler may hold on to", async () => {
    const { visitor } = setUpServer();
    await visitor.visit(({ data }) => (data["cart"] = { items: [], by: { id: 1 } }));
    await visitor.visit(async (session) => {
      const { items, by } = session.data["cart"];
      await session.update(increment);
      items.push("tea");
      by.id = 2;
    });
    await visitor.visit(({ data }) =>
      expect(data).toEqual({ n: 1, cart: { items: ["tea"], by: { id: 2 } } }),
    );
  });

  test("whose function refuses what this request had loaded is asked again on what there is now", async () => {
    const { visitor, sessions } = setUpServer();
    await visitor.visit(({ data }) => (data["stock"] = 0));
    const seen: number[] = [];
    const buy = (data: any) => {
      seen.push(data.stock);
      if (data.stock === 0) throw new Error("sold out");
      data.stock -= 1;
    };
    await visitor.visit(async (session) => {
      await request(sessions, visitor.cookie, ({ data }) => (data["stock"] = 1));
      await session.update(buy);
      expect((await failure(session.update(buy))).message).toBe("sold out");
    });
    expect(seen).toEqual([0, 1, 0, 0]);
    await visitor.visit(({ data }) => expect(data).toEqual({ stock: 0 }));
  });

  test("of many at once in a request is exact, for old sessions and new ones, with changes before and between", async () => {
    for (const isNew of [false, true]) {
      const { visitor, types } = setUpServer();
      if (!isNew) await visitor.visit(({ data }) => (data["n"] = 0));
      await visitor.visit(async (session) => {
        session.data["before"] = 1;
        const updates = Array.from({ length: 10 }, () => session.update(increment));
        session.data["between"] = 1;
        await updates[3];
        session.data["later"] = 1;
        session.flash("x");
        await Promise.all(updates);
        session.data["after"] = 1;
      });
      await visitor.visit((session) => {
        expect(session.data).toEqual({ n: 10, before: 1, between: 1, later: 1, after: 1 });
        expect(session.flashes()).toHaveLength(1);
      });
      expect(types().filter((type) => type === "session.created")).toHaveLength(1);
    }
  });

  test("keeps what is changed while the store is at work", async () => {
    const { visitor } = setUpServer();
    await visitor.visit(({ data }) => Object.assign(data, { n: 0, gone: 1 }));
    await visitor.visit(async (session) => {
      const update = session.update(async (data) => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        increment(data);
      });
      await new Promise((resolve) => setTimeout(resolve, 5));
      session.data["meanwhile"] = 1;
      delete session.data["gone"];
      await update;
      expect(session.data).toEqual({ n: 1, meanwhile: 1 });
    });
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 1, meanwhile: 1 }));
  });

  test("that fails leaves the request's own data as it was", async () => {
    const { visitor } = setUpServer();
    await visitor.visit(({ data }) => (data["n"] = 0));
    await visitor.visit(async (session) => {
      session.data["mine"] = 1;
      const error = await failure(
        session.update((data) => {
          data["n"] = 99;
          throw new Error("mine");
        }),
      );
      expect([error.message, session.data]).toEqual(["mine", { n: 0, mine: 1 }]);
    });
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 0, mine: 1 }));
  });

  test("after a clear works on nothing", async () => {
    const { visitor } = setUpServer();
    await visitor.visit(({ data }) => (data["n"] = 5));
    await visitor.visit(async (session) => {
      session.clear();
      await session.update(increment);
    });
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 1 }));
  });

  test("no key __proto__ of stored data reaches a prototype", async () => {
    const { visitor } = setUpServer();
    await visitor.visit((session) => (session.data = JSON.parse('{"__proto__":{"polluted":1}}')));
    await visitor.visit((session) => session.update(increment));
    await visitor.visit(({ data }) => expect(Object.keys(data).toSorted()).toEqual(["__proto__", "n"]));
    expect(({} as any).polluted).toBeUndefined();
  });
});

describe("a session that is emptied", () => {
  test("keeps nothing of what others write at the same time, nor a user", async () => {
    const { visitor, sessions } = setUpServer();
    await visitor.visit((session) => ((session.data["a"] = 1), session.regenerate({ user: "42" })));
    await visitor.visit(async (session) => {
      session.clear();
      session.data["own"] = 1;
      await request(sessions, visitor.cookie, ({ data }) => (data["theirs"] = 1));
    });
    await visitor.visit((session) => expect([session.user, session.data]).toEqual([undefined, { own: 1 }]));
  });
});

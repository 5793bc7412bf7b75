import { describe, expect, test, vi } from "vitest";
import { setUp } from "../../test/support/cookie-sessions.ts";
import { HeadersSentError } from "../errors.ts";

const ATTRIBUTES = "; Secure; HttpOnly; Path=/; SameSite=Lax";

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

test("permanent takes what a form sends, as Flask does", async () => {
  const { visitor } = setUp();
  const { setCookies } = await visitor.visit((session) => {
    session.data["a"] = 1;
    session.permanent = "on" as never;
  });
  expect(setCookies.join()).toContain("Expires=");
  await visitor.visit(({ permanent }) => expect(permanent).toBe(true));
});

describe("update", () => {
  test("changes nothing where its function throws, as in a store", async () => {
    const { visitor } = setUp();
    await visitor.visit((session) => void (session.data = { stock: 5, items: [1] }));
    await visitor.visit(async (session) => {
      const { items } = session.data as { items: number[] };
      const selling = session.update((data: any) => {
        data.stock -= 9;
        data.items.push(2);
        if (data.stock < 0) throw new Error("sold out");
      });
      await expect(selling).rejects.toThrow("sold out");
      items.push(3);
    });
    await visitor.visit(({ data }) => expect(data).toEqual({ stock: 5, items: [1, 3] }));
  });

  test("says what it takes", async () => {
    const { visitor } = setUp();
    await visitor.visit(async (session) => {
      await expect(session.update(undefined as never)).rejects.toThrow("takes a function");
    });
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

  test("updates at once in a cookie are done one after the other, and one that fails undoes no other", async () => {
    const { visitor } = setUp();
    await visitor.visit(async (session) => {
      const add = async (data: Record<string, unknown>): Promise<void> => {
        const { n = 0 } = data as { n?: number };
        await new Promise((resolve) => setImmediate(resolve));
        data["n"] = n + 1;
      };
      const fail = session.update(async (data) => {
        data["n"] = 100;
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error("mine");
      });
      await Promise.all([
        expect(fail).rejects.toThrow("mine"),
        ...Array.from({ length: 5 }, () => session.update(add)),
      ]);
      expect(session.data).toEqual({ n: 5 });
    });
    await visitor.visit(({ data }) => expect(data).toEqual({ n: 5 }));
  });

  test("updates in a cookie that nobody waits for are in it, or are an event", async () => {
    const { visitor, types } = setUp();
    await visitor.visit((session) => {
      void session.update((data) => void (data["a"] = 1));
      void session.update((data) => void (data["b"] = 2));
    });
    await visitor.visit(({ data }) => expect(data).toEqual({ a: 1, b: 2 }));
    expect(types()).toEqual(["session.created"]);
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    try {
      await visitor.visit((session) => {
        void session.update(async (data) => {
          await new Promise((resolve) => setImmediate(resolve));
          data["late"] = true;
        });
        void session.update(() => {
          throw new Error("mine");
        });
      });
      await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      process.off("unhandledRejection", note);
    }
    expect(unhandled).toEqual([]);
    expect(types().filter((type) => type === "session.unsaved")).toHaveLength(2);
  });

  test("what was emptied beside an update that fails stays empty", async () => {
    for (const end of ["destroy", "clear"] as const) {
      const { visitor } = setUp();
      await visitor.visit(async (session) => {
        session.data["secret"] = 1;
        await session.regenerate({ user: "ada" });
      });
      await visitor.visit(async (session) => {
        const failing = session.update(async () => {
          await new Promise((resolve) => setImmediate(resolve));
          throw new Error("mine");
        });
        await session[end]();
        await expect(failing).rejects.toThrow("mine");
        expect(session.data).toEqual({});
      });
      expect(visitor.cookie).toBe("");
    }
  });

  test("an update in a cookie that waits for another one of the same session is told so", async () => {
    vi.useFakeTimers();
    try {
      const { visitor } = setUp();
      await visitor.visit(async (session) => {
        const outer = session.update(async (data) => {
          data["outer"] = true;
          await Promise.resolve();
          await session.update(() => undefined);
        });
        await Promise.all([
          expect(outer).rejects.toThrow(/do not use the session in it/),
          vi.advanceTimersByTimeAsync(5000),
        ]);
        expect(session.data).toEqual({});
      });
    } finally {
      vi.useRealTimers();
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

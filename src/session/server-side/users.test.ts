import { describe, expect, test } from "vitest";
import { faultyStore, moment, sleep } from "../../../test/support/faulty-store.ts";
import { failure, request, setUpServer } from "../../../test/support/server-sessions.ts";
import { Visitor } from "../../../test/support/visitor.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { MemoryStore } from "../../stores/memory.ts";

const login = (user: string) => (session: any) => session.regenerate({ user });
const isLoggedIn = async (look: (cookie: string) => Promise<any>, visitor: Visitor<any>) =>
  (await look(visitor.cookie)).user !== undefined;

/** Logged-in visitors, one second after the other. */
async function devices(setting: ReturnType<typeof setUpServer>, amount: number, user = "42") {
  const visitors = Array.from({ length: amount }, () => new Visitor(setting.sessions));
  for (const visitor of visitors) {
    setting.clock.move(1);
    await visitor.visit(login(user));
  }
  return visitors;
}

describe("a user's sessions", () => {
  test("beyond the limit that the store does not end at a login end at the next one, and the login is good", async () => {
    for (const failing of ["listOwned", "delete"]) {
      let isDown = false;
      const store = faultyStore(new MemoryStore(), async (operation, proceed) => {
        if (isDown && operation === failing) throw new Error("down");
        return proceed();
      });
      const setting = setUpServer({ maxPerUser: 1, store });
      const [old] = await devices(setting, 1);
      const visitor = new Visitor(setting.sessions);
      await visitor.visit(({ data }) => (data["cart"] = ["tea"]));
      isDown = true;
      await visitor.visit(login("42"));
      isDown = false;
      expect(await setting.look(visitor.cookie)).toMatchObject({ user: "42", data: { cart: ["tea"] } });
      await devices(setting, 1);
      expect(await isLoggedIn(setting.look, old!)).toBe(false);
      expect(await setting.sessions.forUser("42").list()).toHaveLength(1);
    }
  });

  test("are listed, the last used first, with what a page shows and no secret", async () => {
    const setting = setUpServer({ idleTimeout: 1000 });
    const visitors = await devices(setting, 3);
    await devices(setting, 2, "7");
    await new Visitor(setting.sessions).visit(({ data }) => (data["a"] = 1));
    setting.clock.move(200);
    await visitors[0]!.visit(({ data }) => data);
    const list = await setting.sessions.forUser("42").list();
    const ids = await Promise.all(visitors.map(async (visitor) => (await setting.look(visitor.cookie)).id));
    expect(list.map(({ id }) => id)).toEqual([ids[0], ids[2], ids[1]]);
    expect(list[0]!.lastSeenAt).toEqual(new Date(setting.clock.now()));
    expect(list[0]!.createdAt.getTime()).toBeLessThan(setting.clock.now() - 200_000);
    for (const { cookie } of visitors)
      expect(JSON.stringify(list)).not.toContain(cookie.split("=")[1]!.slice(0, 43));
    expect(await setting.sessions.forUser("nobody").list()).toEqual([]);
  });

  test("name their device, by the request or as the application says", async () => {
    const { sessions } = setUpServer();
    for (const [userAgent, device] of [
      ["Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", undefined],
      ["curl/8", "Kitchen"],
      [undefined, undefined],
    ] as const) {
      const exchange = sessions.open({
        cookie: undefined,
        host: "example.com",
        encrypted: true,
        userAgent: () => userAgent,
      });
      await (
        await exchange.session()
      ).regenerate({ user: "42", ...(device === undefined ? {} : { device }) });
      await exchange.commit();
    }
    const list = await sessions.forUser("42").list();
    expect(new Set(list.map(({ device }) => device))).toEqual(
      new Set(["Firefox on Linux", "Kitchen", undefined]),
    );
  });

  test("are those of one ID each, however often it was renewed, and none that ended", async () => {
    const setting = setUpServer({ lifetime: 1000 });
    const [first, second] = await devices(setting, 2);
    await first!.visit((session) => session.regenerate());
    await second!.visit((session) => session.destroy());
    expect(await setting.sessions.forUser("42").list()).toHaveLength(1);
    setting.clock.move(1000);
    expect(await setting.sessions.forUser("42").list()).toEqual([]);
  });

  test("can be ended one by one, for good", async () => {
    const setting = setUpServer();
    const visitors = await devices(setting, 3);
    const { id } = await setting.look(visitors[1]!.cookie);
    await (await setting.sessions.forUser("42").list()).find((each) => each.id === id)!.revoke();
    const alive = await Promise.all(visitors.map((visitor) => isLoggedIn(setting.look, visitor)));
    expect(alive).toEqual([true, false, true]);
  });

  test("have a user that is text, and are not there where sessions are in cookies", () => {
    const { sessions } = setUpServer();
    for (const user of ["", 42, undefined]) expect(() => sessions.forUser(user as never)).toThrow(TypeError);
  });
});

describe("ending all of a user's sessions", () => {
  test("ends those on every device and nobody else's", async () => {
    const setting = setUpServer();
    const [mine, theirs] = [await devices(setting, 5), await devices(setting, 2, "7")];
    expect(await setting.sessions.forUser("42").revokeAll()).toBe(5);
    for (const visitor of mine) expect(await isLoggedIn(setting.look, visitor)).toBe(false);
    for (const visitor of theirs) expect(await isLoggedIn(setting.look, visitor)).toBe(true);
    expect(setting.types().filter((type) => type === "session.revoked")).toHaveLength(1);
    await mine[0]!.visit(login("42"));
    expect(await isLoggedIn(setting.look, mine[0]!)).toBe(true);
  });

  test("but one spares that one, also right after it got its ID, and no ID that it had before", async () => {
    const setting = setUpServer();
    const visitors = await devices(setting, 3);
    const old = visitors[1]!.cookie;
    await visitors[1]!.visit(async (session: any) => {
      await session.regenerate();
      await setting.sessions.forUser("42").revokeAll({ except: session.id! });
      session.data["kept"] = true;
    });
    const alive = await Promise.all(visitors.map((visitor) => isLoggedIn(setting.look, visitor)));
    expect(alive).toEqual([false, true, false]);
    expect((await setting.look(old)).user).toBeUndefined();
    expect((await setting.look(visitors[1]!.cookie)).data).toEqual({ kept: true });
  });

  test("but one needs the name of that one", async () => {
    const { sessions } = setUpServer();
    for (const except of ["", "x", 42, null, {}])
      expect(await failure(sessions.forUser("42").revokeAll({ except: except as never }))).toBeInstanceOf(
        TypeError,
      );
  });

  test("in the middle of 50 logins spares none that came before it, and none that comes after it is lost", async () => {
    for (let round = 0; round < 5; round++) {
      const clock = new FakeClock();
      const memory = new MemoryStore({ maxRecords: 1000 });
      const store = faultyStore(memory, async (_, proceed) => {
        await moment(10);
        const answer = await proceed();
        await moment(10);
        return answer;
      });
      const processes = Array.from({ length: 4 }, () => setUpServer({ store, clock }));
      const done: { visitor: Visitor<any>; began: number; ended: number }[] = [];
      let step = 0;
      let answered = (): void => undefined;
      const revoked = new Promise<void>((resolve) => {
        answered = resolve;
      });
      const logins = Array.from({ length: 50 }, async (_, i) => {
        const visitor = new Visitor<any>(processes[i % 4]!.sessions);
        await (i < 40 ? sleep(i) : revoked);
        const began = step++;
        await visitor.visit(login("42"));
        done.push({ visitor, began, ended: step++ });
      });
      await Promise.all(logins.slice(0, 5));
      const call = step++;
      await processes[0]!.sessions.forUser("42").revokeAll();
      const answer = step++;
      answered();
      await Promise.all(logins);
      const plain = setUpServer({ store: memory, clock });
      for (const { visitor, began, ended } of done) {
        const alive = await isLoggedIn(plain.look, visitor);
        if (ended < call) expect(alive).toBe(false);
        if (began > answer) expect(alive).toBe(true);
      }
      expect(done.some(({ ended }) => ended < call)).toBe(true);
      expect(done.some(({ began }) => began > answer)).toBe(true);
      const listed = (await plain.sessions.forUser("42").list()).length;
      const living = await Promise.all(done.map(({ visitor }) => isLoggedIn(plain.look, visitor)));
      expect(listed).toBe(living.filter(Boolean).length);
    }
  });

  test("is undone by no request that is under way", async () => {
    for (const work of [
      (session: any) => (session.data.late = 1),
      (session: any) => session.update((data: any) => void (data.late = 1)),
      (session: any) => session.regenerate(),
      (session: any) => session.regenerate({ user: "7" }),
    ]) {
      const { visitor, sessions, look, countRecords } = setUpServer();
      await visitor.visit(login("42"));
      const error = await failure(
        request(sessions, visitor.cookie, async (session) => {
          await sessions.forUser("42").revokeAll();
          await work(session);
        }),
      );
      expect([undefined, "GONE"]).toContain(error?.code);
      expect((await look(visitor.cookie)).user).toBeUndefined();
      expect(await countRecords()).toBe(0);
    }
  });
});

describe("ending all sessions", () => {
  test("ends every one, with and without a user", async () => {
    const setting = setUpServer();
    const visitors = [...(await devices(setting, 2)), ...(await devices(setting, 1, "7"))];
    const anonymous = new Visitor(setting.sessions);
    await anonymous.visit(({ data }) => (data["a"] = 1));
    expect(await setting.sessions.revokeAll()).toBe(4);
    for (const { cookie } of [...visitors, anonymous]) expect((await setting.look(cookie)).new).toBe(true);
    expect(setting.types()).toContain("session.revoked");
    await anonymous.visit(({ data }) => (data["b"] = 1));
    expect((await setting.look(anonymous.cookie)).data).toEqual({ b: 1 });
  });
});

describe("with a limit of sessions", () => {
  test("a login beyond it ends the one that was not used for longest", async () => {
    const setting = setUpServer({ maxPerUser: 5, idleTimeout: 1000 });
    const visitors = await devices(setting, 5);
    setting.clock.move(200);
    await visitors[0]!.visit(({ data }) => data);
    const [sixth] = await devices(setting, 1);
    const alive = await Promise.all(
      [...visitors, sixth!].map((visitor) => isLoggedIn(setting.look, visitor)),
    );
    expect(alive).toEqual([true, false, true, true, true, true]);
  });

  test("of one, a login ends all others, and a new ID ends none", async () => {
    const setting = setUpServer({ maxPerUser: 1 });
    const visitors = await devices(setting, 3);
    await visitors[2]!.visit((session) => session.regenerate());
    const others = await devices(setting, 2, "7");
    const alive = await Promise.all(
      [...visitors, ...others].map((visitor) => isLoggedIn(setting.look, visitor)),
    );
    expect(alive).toEqual([false, false, true, false, true]);
  });

  test("20 logins at once leave just as many as there may be", async () => {
    for (const maxPerUser of [1, 3]) {
      const store = faultyStore(new MemoryStore({ maxRecords: 100 }), async (_, proceed) => {
        await moment();
        return proceed();
      });
      const { sessions } = setUpServer({ maxPerUser, store });
      const visitors = Array.from({ length: 20 }, () => new Visitor(sessions));
      await Promise.all(visitors.map((visitor) => visitor.visit(login("42"))));
      expect(await sessions.forUser("42").list()).toHaveLength(maxPerUser);
    }
  });

  test("logins at once in several processes never leave more", async () => {
    const clock = new FakeClock();
    const store = faultyStore(new MemoryStore({ maxRecords: 100 }), async (_, proceed) => {
      await moment();
      return proceed();
    });
    const processes = Array.from({ length: 4 }, () => setUpServer({ maxPerUser: 3, store, clock }));
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => new Visitor(processes[i % 4]!.sessions).visit(login("42"))),
    );
    expect((await processes[0]!.sessions.forUser("42").list()).length).toBeLessThanOrEqual(3);
  });
});

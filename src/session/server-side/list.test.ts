import { describe, expect, test } from "vitest";
import { faultyStore } from "../../../test/support/faulty-store.ts";
import { setUpServer } from "../../../test/support/server-sessions.ts";
import { KEY, OTHER_KEY, Visitor } from "../../../test/support/visitor.ts";
import { MemoryStore } from "../../stores/memory.ts";
import {
  ConfigError,
  createSessions,
  encryptedCookie,
  type ListedSession,
  type SessionManager,
  type SessionStore,
} from "../../index.ts";

/** Visitors, of whom every second one is logged in. */
async function visitors({ sessions }: ReturnType<typeof setUpServer>, amount: number) {
  const came = Array.from({ length: amount }, () => new Visitor(sessions));
  for (const [index, visitor] of came.entries()) {
    await visitor.visit(async (session: any) => {
      session.data["basket"] = `secret ${index}`;
      if (index % 2 === 0) await session.regenerate({ user: `user-${index}`, device: "Firefox on Linux" });
    });
  }
  return came;
}

async function all(sessions: SessionManager, limit?: number): Promise<ListedSession[]> {
  const found = new Map<string, ListedSession>();
  let after: string | undefined;
  do {
    const page = await sessions.list({ after, ...(limit === undefined ? {} : { limit }) });
    for (const session of page.sessions) found.set(session.handle, session);
    after = page.next;
  } while (after !== undefined);
  return [...found.values()];
}

describe("all sessions", () => {
  test("are listed page by page, with what a page shows and no secret", async () => {
    const setting = setUpServer({ idleTimeout: 1000 });
    const came = await visitors(setting, 25);
    const listed = await all(setting.sessions, 10);
    const ids = await Promise.all(came.map(async ({ cookie }) => (await setting.look(cookie)).id!));
    expect(listed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    const byId = new Map(listed.map((session) => [session.id, session]));
    for (const [index, id] of ids.entries()) {
      const { user, device, createdAt, lastSeenAt } = byId.get(id)!;
      expect(user).toBe(index % 2 === 0 ? `user-${index}` : undefined);
      expect(device).toBe(index % 2 === 0 ? "Firefox on Linux" : undefined);
      expect(createdAt.getTime()).toBe(Math.floor(setting.clock.now() / 1000) * 1000);
      expect(lastSeenAt.getTime()).toBe(Math.floor(setting.clock.now() / 1000) * 1000);
    }
    const text = JSON.stringify(listed);
    expect(text).not.toContain("secret");
    for (const { cookie } of came) expect(text).not.toContain(cookie.split("=")[1]!.slice(0, 43));
    expect((await setting.sessions.list()).sessions).toHaveLength(25);
  });

  test("are those that live, under one ID each", async () => {
    const setting = setUpServer({ lifetime: 1000 });
    const [renewed, gone, stays] = await visitors(setting, 3);
    await renewed!.visit((session) => session.regenerate());
    await gone!.visit((session) => session.destroy());
    const ids = await Promise.all(
      [renewed, stays].map(async (visitor) => (await setting.look(visitor!.cookie)).id),
    );
    expect((await all(setting.sessions)).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    setting.clock.move(1000);
    expect(await all(setting.sessions)).toEqual([]);
  });

  test("are told from the other records in a store, about which nobody is told", async () => {
    const setting = setUpServer();
    const [visitor] = await visitors(setting, 1);
    const now = new Date(setting.clock.now());
    const expires = new Date(setting.clock.now() + 1000);
    for (const [index, text] of ['{"salt":"x","owner":null}', "", "{", "\u0001\u0002", "[]"].entries())
      await setting.store.create(
        { id: `${index}`.padEnd(43, "_"), owner: undefined },
        { data: Buffer.from(text, "latin1"), expires },
        now,
      );
    setting.events.length = 0;
    expect((await all(setting.sessions)).map(({ id }) => id)).toEqual([
      (await setting.look(visitor!.cookie)).id,
    ]);
    expect(setting.types()).toEqual([]);
  });

  test("can be read where they are encrypted at rest", async () => {
    const setting = setUpServer({ encryptAtRest: true, secretKey: KEY });
    await visitors(setting, 3);
    expect((await all(setting.sessions)).map(({ user }) => user).toSorted()).toEqual([
      "user-0",
      "user-2",
      undefined,
    ]);
  });

  test("tell the age of the key that they are encrypted with, of which an event tells when they are used", async () => {
    const old = setUpServer({ encryptAtRest: true, secretKey: KEY });
    const [visitor, other] = await visitors(old, 2);
    const { store } = old;
    const newer = { secretKey: OTHER_KEY, secretKeyFallbacks: [KEY], encryptAtRest: true, clock: old.clock };
    const setting = setUpServer({ store, ...newer });
    const ages = async () => (await all(setting.sessions)).map(({ keyAge }) => keyAge).toSorted();
    expect(await ages()).toEqual([1, 1]);
    expect(setting.types()).toEqual([]);
    await visitor!.at(setting.sessions).visit(({ data }) => (data["basket"] = "new"));
    expect(setting.types()).toEqual(["token.old_key"]);
    expect(await ages()).toEqual([0, 1]);
    await visitor!.at(setting.sessions).visit(({ data }) => data);
    await other!.at(setting.sessions).visit(({ data }) => data);
    expect(setting.types()).toEqual(["token.old_key", "token.old_key"]);
  });

  test("are known where they are in cookies that can be ended", async () => {
    const revocation = new MemoryStore();
    const sessions = createSessions({ secretKey: KEY, storage: encryptedCookie({ revocation }) });
    const visitor = new Visitor(sessions);
    await visitor.visit((session) => session.regenerate({ user: "ada", device: "Kitchen" }));
    const [listed] = await all(sessions);
    expect(listed).toMatchObject({ loggedIn: true, user: undefined, device: "Kitchen" });
    expect(await sessions.revoke(listed!.handle)).toBe(true);
    await visitor.visit((session) => expect(session.user).toBeUndefined());
    expect(await all(sessions)).toEqual([]);
  });

  test("can be ended one by one by their handles, which open nothing", async () => {
    const setting = setUpServer();
    const [user, visitor, other] = await visitors(setting, 3);
    for (const { handle } of await all(setting.sessions)) {
      const name = user!.cookie.split("=")[0]!;
      expect((await setting.look(`${name}=${handle}`)).id).toBeUndefined();
    }
    const handleOf = async ({ cookie }: Visitor<any>) => {
      const { id } = await setting.look(cookie);
      return (await all(setting.sessions)).find((session) => session.id === id)!.handle;
    };
    for (const gone of [user!, visitor!]) {
      const handle = await handleOf(gone);
      expect(await setting.sessions.revoke(handle)).toBe(true);
      expect((await setting.look(gone.cookie)).id).toBeUndefined();
      expect(await setting.sessions.revoke(handle)).toBe(false);
    }
    expect((await setting.look(other!.cookie)).user).toBe("user-2");
    const [left] = await all(setting.sessions);
    await left!.revoke();
    expect(await all(setting.sessions)).toEqual([]);
  });

  test("that got a new ID since they were listed end by their old handle", async () => {
    const setting = setUpServer();
    const [visitor] = await visitors(setting, 1);
    const [{ handle }] = (await all(setting.sessions)) as [ListedSession];
    await visitor!.visit((session) => session.regenerate());
    expect(await setting.sessions.revoke(handle)).toBe(true);
    expect((await setting.look(visitor!.cookie)).user).toBeUndefined();
  });

  test("cannot be asked for with what makes no sense", async () => {
    const { sessions } = setUpServer();
    for (const limit of [0, -1, 1.5, NaN, 1001, "10"])
      await expect(sessions.list({ limit: limit as number })).rejects.toThrow(ConfigError);
    for (const after of [1, null, {}])
      await expect(sessions.list({ after: after as string })).rejects.toThrow(TypeError);
    for (const handle of [undefined, null, 5, "", "x", `${"x".repeat(43)}.`, `${"x".repeat(43)} `, {}])
      await expect(sessions.revoke(handle as string)).rejects.toThrow(TypeError);
  });

  test("cannot be listed where the store cannot, and that is no failure of the store", async () => {
    const store: SessionStore = new MemoryStore();
    Object.assign(store, { list: undefined });
    const setting = setUpServer({ store });
    for (let tries = 0; tries < 10; tries++)
      await expect(setting.sessions.list()).rejects.toThrow(/This store cannot list all sessions/);
    expect(setting.types()).toEqual([]);
  });

  test("are not made up where the store fails", async () => {
    const store = faultyStore(new MemoryStore(), async (operation, proceed) => {
      if (operation === "list") throw new Error("no connection");
      return proceed();
    });
    const setting = setUpServer({ store });
    await visitors(setting, 1);
    await expect(setting.sessions.list()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(setting.types()).toContain("store.failed");
  });
});

import { describe, expect, test } from "vitest";
import { setUp } from "../../../test/support/cookie-sessions.ts";
import { failure, request, storeCalls } from "../../../test/support/server-sessions.ts";
import { KEY, OTHER_KEY } from "../../../test/support/visitor.ts";
import { MemoryStore } from "../../stores/memory.ts";
import {
  createSessions,
  encryptedCookie,
  hybrid,
  serverSide,
  type SessionOptions,
  signedCookie,
} from "../index.ts";

const MAX_AGE = 10;
const login = (user: string) => (session: any) => session.regenerate({ user });
const put = (value: unknown) => (session: any) => void (session.data.value = value);
const read = ({ data }: any) => data;

function setUpHybrid(options: Partial<SessionOptions> = {}) {
  const store = new MemoryStore({ maxRecords: 1000 });
  const setting = setUp({ storage: hybrid(store, { maxAge: MAX_AGE }), ...options });
  const look = async (cookie: string) =>
    setting.sessions.open({ cookie, host: "example.com", encrypted: true }).session();
  const calls = (work: (session: any) => unknown) => storeCalls(() => setting.visitor.visit(work));
  return { ...setting, store, look, calls };
}

/** What twenty requests leave that bring the same cookie at once, each of which writes a key of its own. */
async function twentyWriters(storage: NonNullable<SessionOptions["storage"]>): Promise<number> {
  const { sessions, visitor, clock } = setUp({ storage });
  await visitor.visit(({ data }) => (data["n"] = 0));
  const { cookie } = visitor;
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      request(sessions, cookie, async ({ data }) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        data[`key${i}`] = i;
      }),
    ),
  );
  clock.move(MAX_AGE);
  // The browser keeps the last one.
  const last = responses.findLast((setCookies) => setCookies.length > 0)?.[0] ?? cookie;
  let keys = 0;
  await request(sessions, last.split(";")[0]!, ({ data }) => void (keys = Object.keys(data).length));
  return keys - 1;
}

describe("sessions in a store and in their cookies", () => {
  test("ask the store when they are written, and once in a while when they are read", async () => {
    const { calls, clock, visitor } = setUpHybrid();
    expect(await calls(read)).toEqual([]);
    expect(await calls(put(1))).toEqual(["create"]);
    expect(await calls(read)).toEqual([]);
    expect(await calls(put(2))).toEqual(["save"]);
    expect(await calls(read)).toEqual([]);
    expect(await calls(login("42"))).toEqual(["replace"]);
    clock.move(MAX_AGE - 1);
    expect(await calls(({ user, data }) => expect([user, data]).toEqual(["42", { value: 2 }]))).toEqual([]);
    clock.move(1);
    const asked = visitor.visit(read);
    expect(await storeCalls(() => asked)).toEqual(["load"]);
    expect((await asked).setCookies).toHaveLength(1);
    expect(await calls(read)).toEqual([]);
  });

  test("lose none of twenty parallel writes, where cookies alone lose all but the last", async () => {
    const store = () => new MemoryStore({ maxRecords: 100 });
    expect(await twentyWriters(hybrid(store(), { maxAge: MAX_AGE }))).toBe(20);
    expect(await twentyWriters(hybrid(store(), { maxAge: MAX_AGE, above: 1 }))).toBe(20);
    expect(await twentyWriters(signedCookie())).toBe(1);
    expect(await twentyWriters(encryptedCookie({ revocation: store() }))).toBe(1);
  });

  test("count exactly by update, whatever is in the cookie", async () => {
    const { sessions, visitor } = setUpHybrid();
    await visitor.visit(({ data }) => (data["n"] = 0));
    const { cookie } = visitor;
    await Promise.all(
      Array.from({ length: 50 }, () =>
        request(sessions, cookie, (session) => session.update((data: any) => void (data.n += 1))),
      ),
    );
    await visitor.visit((session) => session.update(() => undefined));
    await visitor.visit(({ data }) => expect(data["n"]).toBe(0));
    await request(sessions, cookie, (session) =>
      session.update((data: any) => void expect((data.n += 1)).toBe(51)),
    );
  });

  test("end for who writes at once, and for who reads a copy so much later", async () => {
    const { sessions, visitor, look, clock, types } = setUpHybrid();
    await visitor.visit(login("42"));
    const { cookie } = visitor;
    await visitor.visit((session) => session.destroy());
    expect(visitor.cookie).toBe("");
    expect((await look(cookie)).user).toBe("42");
    expect(await request(sessions, cookie, put("late"))).toEqual([]);
    expect(types()).toContain("session.gone");
    const count = (session: any) => session.update((data: any) => void (data.n = 1));
    for (const work of [count, login("42")])
      expect(await failure(request(sessions, cookie, work))).toMatchObject({ code: "GONE" });
    clock.move(MAX_AGE);
    expect((await look(cookie)).user).toBeUndefined();
  });

  test("do not read longer by writes that change nothing", async () => {
    const { sessions, visitor, look, clock } = setUpHybrid();
    await visitor.visit(login("42"));
    let { cookie } = visitor;
    await sessions.forUser("42").revokeAll();
    for (const work of [
      (session: any) => session.update(() => undefined),
      (session: any) => void (session.modified = true),
      (session: any) => void (session.permanent = false),
    ]) {
      clock.move(3);
      const [given] = await request(sessions, cookie, work);
      cookie = given?.split(";")[0] ?? cookie;
      expect((await look(cookie)).user).toBe("42");
    }
    clock.move(1);
    expect((await look(cookie)).user).toBeUndefined();
  });

  test("leave the cookie when they grow, and come back when they shrink", async () => {
    const { visitor, calls } = setUpHybrid();
    await visitor.visit(put("small"));
    await visitor.visit(put("x".repeat(3000)));
    expect(visitor.cookie.length).toBeLessThan(400);
    expect(await calls(({ data }) => expect(data["value"]).toHaveLength(3000))).toEqual(["load"]);
    const { setCookies } = await visitor.visit(read);
    expect(setCookies).toEqual([]);
    await visitor.visit(put("y".repeat(1900)));
    expect(visitor.cookie.length).toBeLessThan(3072);
    expect(await calls(({ data }) => expect(data["value"]).toHaveLength(1900))).toEqual([]);
  });

  test("stay in use for as long as they are used", async () => {
    const { visitor, clock, calls } = setUpHybrid({ idleTimeout: 100, lifetime: 10_000 });
    await visitor.visit(login("42"));
    for (let i = 0; i < 40; i++) {
      clock.move(9);
      await visitor.visit(({ user }) => expect(user).toBe("42"));
    }
    clock.move(10);
    expect(await calls(read)).toEqual(["load", "touch"]);
    expect(await calls(read)).toEqual([]);
    clock.move(100);
    await visitor.visit(({ user }) => expect(user).toBeUndefined());
  });

  test("of serverSide go on, and so do those of a former key", async () => {
    const { sessions, store, clock, visitor } = setUpHybrid();
    const before = createSessions({ storage: serverSide(store), clock });
    await visitor.at(before).visit(login("42"));
    await visitor.visit(({ user }) => expect(user).toBe("42"));
    const newer = visitor.at(
      createSessions({
        secretKey: OTHER_KEY,
        secretKeyFallbacks: [KEY],
        storage: hybrid(store, { maxAge: MAX_AGE }),
        clock,
      }),
    );
    expect((await newer.visit(({ user }) => expect(user).toBe("42"))).setCookies).toHaveLength(1);
    expect((await newer.visit(({ user }) => expect(user).toBe("42"))).setCookies).toEqual([]);
    expect(await sessions.forUser("42").list()).toHaveLength(1);
  });

  test("take no cookie of another storage's with the same key, and no other takes theirs", async () => {
    const { visitor, clock, look, types } = setUpHybrid();
    const plain = createSessions({ secretKey: KEY, clock });
    await visitor.at(plain).visit(login("42"));
    expect((await look(visitor.cookie)).user).toBeUndefined();
    expect(types()).toEqual(["sid.malformed"]);
    await visitor.visit(login("42"));
    await visitor.at(plain).visit(({ user }) => expect(user).toBeUndefined());
  });

  test("hide their ID and their data", async () => {
    const { visitor } = setUpHybrid();
    await visitor.visit(put("private"));
    expect(Buffer.from(visitor.cookie.split("=")[1]!, "base64url").toString("latin1")).not.toMatch(
      /private|_sid/,
    );
  });
});

describe("hybrid refuses", () => {
  const store = new MemoryStore({ maxRecords: 10 });

  test.each([
    ["no maxAge", undefined, /needs maxAge/],
    ["a maxAge of nothing", { maxAge: 0 }, /needs maxAge/],
    ["more than fits into a cookie", { maxAge: 1, above: 4000 }, /above/],
  ])("%s", (_, options, message) => {
    expect(() => hybrid(store, options as never)).toThrow(message);
  });

  test("a maxAge in which a session in use would end", () => {
    const storage = hybrid(store, { maxAge: 20 });
    expect(() => createSessions({ secretKey: KEY, storage, idleTimeout: 100 })).toThrow(
      /a tenth of idleTimeout/,
    );
  });
});

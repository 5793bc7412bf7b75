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
  for (const setCookies of responses) visitor.take(setCookies);
  let keys = 0;
  await visitor.visit(({ data }) => void (keys = Object.keys(data).length));
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
    await sessions.forUser("42").revokeAll();
    for (const work of [
      (session: any) => session.update(() => undefined),
      (session: any) => void (session.modified = true),
      (session: any) => void (session.permanent = false),
    ]) {
      clock.move(3);
      await visitor.visit(work);
      expect((await look(visitor.cookie)).user).toBe("42");
    }
    clock.move(1);
    expect((await look(visitor.cookie)).user).toBeUndefined();
  });

  test("leave the cookie when they grow, and come back when they shrink", async () => {
    const { visitor, calls } = setUpHybrid();
    await visitor.visit(put("small"));
    await visitor.visit(put("x".repeat(3000)));
    expect(visitor.cookie).toMatch(/^[^;]{50,90}$/);
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

  test("are one session with those of processes that have serverSide, while all change from one to the other", async () => {
    const { sessions, store, clock, visitor, types } = setUpHybrid();
    const plain = visitor.at(createSessions({ storage: serverSide(store), clock }));
    await visitor.visit(login("42"));
    for (let i = 0; i < 4; i++) {
      const process = i % 2 === 0 ? plain : visitor;
      await process.visit((session) => session.update((data: any) => void (data.n = (data.n ?? 0) + 1)));
    }
    await visitor.visit(({ user, data }) => expect([user, data]).toEqual(["42", { n: 4 }]));
    expect(await sessions.forUser("42").list()).toHaveLength(1);
    await plain.visit((session) => session.destroy());
    await visitor.visit(({ user }) => expect(user).toBeUndefined());
    expect(visitor.cookie).toBe("");
    expect(types()).not.toContain("sid.malformed");
  });

  test.each(["a", "the last"])(
    "are read from the store where %s character of the copy was changed",
    async (which) => {
      const { visitor, look, calls } = setUpHybrid();
      await visitor.visit(login("42"));
      const { cookie } = visitor;
      const at = which === "a" ? cookie.length - 40 : cookie.length - 1;
      const changed = cookie.slice(0, at) + (cookie[at] === "A" ? "Q" : "A") + cookie.slice(at + 1);
      const looked = look(changed);
      expect(await storeCalls(() => looked)).toEqual(["load"]);
      expect((await looked).user).toBe("42");
      expect(await calls(read)).toEqual([]);
    },
  );

  test("take no cookie of another storage's with the same key, and no other takes theirs", async () => {
    const { visitor, clock, look, types } = setUpHybrid();
    const plain = createSessions({ secretKey: KEY, clock });
    await visitor.at(plain).visit(login("42"));
    expect((await look(visitor.cookie)).user).toBeUndefined();
    expect(types()).toEqual(["sid.malformed"]);
    await visitor.visit(login("42"));
    await visitor.at(plain).visit(({ user }) => expect(user).toBeUndefined());
  });

  test("hide their data", async () => {
    const { visitor } = setUpHybrid();
    await visitor.visit(put("private"));
    const [, copy] = visitor.cookie.split("; ");
    expect(copy).toMatch(/^__Host-session\.copy=/);
    expect(Buffer.from(copy!.split("=")[1]!, "base64url").toString("latin1")).not.toMatch(/private|_copy/);
  });
});

/** A visitor who has logged in, with a request that only reads under way: its answer comes when `answer` says so. */
async function readingVisitor(
  storage: NonNullable<SessionOptions["storage"]>,
  options: Partial<SessionOptions> = {},
) {
  const setting = setUp({ storage, ...options });
  const { sessions, visitor, clock } = setting;
  await visitor.visit((session) => ((session.permanent = true), session.regenerate({ user: "42" })));
  clock.move(MAX_AGE);
  const setCookies = await request(sessions, visitor.cookie, read);
  return { ...setting, answer: () => visitor.take(setCookies) };
}

describe.each([
  ["hybrid", () => hybrid(new MemoryStore(), { maxAge: MAX_AGE }), undefined],
  ["serverSide", () => serverSide(new MemoryStore()), 100],
])("the late answer of a request that only reads, with %s,", (_, storage, idleTimeout) => {
  const later = async (visitor: any, clock: any) => {
    let found: unknown;
    clock.move(MAX_AGE + 1);
    await visitor.visit(({ user }: any) => void (found = user));
    return found;
  };

  test("leaves a login be", async () => {
    const { visitor, clock, answer } = await readingVisitor(storage(), { idleTimeout });
    await visitor.visit(login("43"));
    answer();
    await visitor.visit(({ user }) => expect(user).toBe("43"));
    expect(await later(visitor, clock)).toBe("43");
  });

  test("leaves a new ID be", async () => {
    const { visitor, clock, answer } = await readingVisitor(storage(), { idleTimeout });
    await visitor.visit((session) => session.regenerate());
    answer();
    expect(await later(visitor, clock)).toBe("42");
  });

  test("leaves a logout be, and nothing stays in the browser", async () => {
    const { visitor, clock, answer } = await readingVisitor(storage(), { idleTimeout });
    await visitor.visit((session) => session.destroy());
    answer();
    await visitor.visit(({ user }) => expect(user).toBeUndefined());
    expect([visitor.cookie, await later(visitor, clock)]).toEqual(["", undefined]);
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

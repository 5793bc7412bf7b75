import { describe, expect, test } from "vitest";
import { request, setUpServer, storeCalls } from "../../../test/support/server-sessions.ts";
import { Visitor } from "../../../test/support/visitor.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { newSessionId } from "./session-id.ts";

describe("a cookie", () => {
  test("holds an ID of 43 characters with every protection, and nothing that is kept in the store", async () => {
    const stored: string[] = [];
    const memory = new MemoryStore();
    const store = new Proxy(memory, {
      get: (target, name) =>
        name === "create"
          ? (...given: Parameters<MemoryStore["create"]>) => {
              stored.push(JSON.stringify(given[0]) + Buffer.from(given[1].data).toString());
              return target.create(...given);
            }
          : Reflect.get(target, name, target).bind(target),
    });
    const { visitor, events } = setUpServer({ store });
    const { setCookies, vary, cacheControl } = await visitor.visit(({ data }) => (data["a"] = 1));
    expect(setCookies[0]).toMatch(/^__Host-session=[\w-]{43}; Secure; HttpOnly; Path=\/; SameSite=Lax$/);
    expect([setCookies.length, vary, cacheControl]).toEqual([1, "Cookie", "no-store"]);
    const id = visitor.cookie.split("=")[1]!;
    expect(stored).toHaveLength(1);
    expect(stored.join() + JSON.stringify(events)).not.toContain(id);
  });

  test("with a well-formed ID that was never given is never adopted", async () => {
    const { sessions, look, types, countRecords } = setUpServer();
    const forged = `__Host-session=${newSessionId(undefined).text}`;
    const session = await look(forged);
    expect([session.new, session.id, types()]).toEqual([true, undefined, ["sid.unknown"]]);
    const [setCookie] = await request(sessions, forged, ({ data }) => (data["a"] = 1));
    expect(setCookie).toMatch(/^__Host-session=/);
    expect(setCookie).not.toContain(forged);
    expect((await look(forged)).data).toEqual({});
    expect(await countRecords()).toBe(1);
  });

  test("that holds no ID is one event, and nothing of it is sent to the store", async () => {
    for (const value of [
      "x",
      "../../etc/passwd",
      "a".repeat(4000),
      '"',
      `${newSessionId(undefined).text}.x`,
      "%00",
    ]) {
      const { look, types } = setUpServer();
      expect(await storeCalls(() => look(`__Host-session=${value}`))).toEqual([]);
      expect(types()).toEqual(["sid.malformed"]);
    }
  });

  test("of a user cannot be made another user's", async () => {
    const { visitor, look } = setUpServer();
    await visitor.visit((session) => session.regenerate({ user: "1" }));
    const other = new Visitor(setUpServer().sessions);
    await other.visit((session) => session.regenerate({ user: "2" }));
    const [mine, theirs] = [visitor.cookie.split("."), other.cookie.split(".")];
    for (const cookie of [`${mine[0]}.${theirs[1]}`, mine[0]!])
      expect((await look(cookie)).user).toBeUndefined();
  });

  test("is one of two good ones of its name: neither is used", async () => {
    const { visitor, look, types } = setUpServer();
    const other = visitor.copy();
    await visitor.visit(({ data }) => (data["a"] = 1));
    await other.visit(({ data }) => (data["a"] = 2));
    const [first, second] = [visitor.cookie, other.cookie];
    expect((await look(`${first}; ${second}`)).data).toEqual({});
    expect(types()).toContain("cookie.duplicate");
    const unknown = `__Host-session=${newSessionId(undefined).text}`;
    for (const cookie of [`${first}; ${first}`, `${unknown}; ${first}`, `${first}; __Host-session=x`])
      expect((await look(cookie)).data).toEqual({ a: 1 });
  });

  test("is one of many of its name: nobody searches the store for them all", async () => {
    const { visitor, look } = setUpServer();
    await visitor.visit(({ data }) => (data["a"] = 1));
    const many = Array.from({ length: 100 }, () => `__Host-session=${newSessionId(undefined).text}`);
    expect(await storeCalls(() => look([visitor.cookie, ...many].join("; ")))).toEqual([]);
  });

  test("whose session the store has lost sets none, and can be read as nothing", async () => {
    const { visitor, sessions } = setUpServer();
    await visitor.visit(({ data }) => (data["a"] = 1));
    await sessions.revokeAll();
    expect((await visitor.visit((session) => expect(session.data).toEqual({}))).setCookies).toEqual([]);
    expect((await visitor.visit((session) => session.destroy())).setCookies[0]).toContain("Max-Age=0");
    expect(visitor.cookie).toBe("");
  });
});

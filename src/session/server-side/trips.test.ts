import { describe, expect, test } from "vitest";
import { setUpServer, storeCalls } from "../../../test/support/server-sessions.ts";

describe("round trips to the store", () => {
  const increment = (data: any) => void (data.n = (data.n ?? 0) + 1);
  const setUp = async () => {
    const setting = setUpServer();
    await setting.visitor.visit(({ data }) => (data["n"] = 1));
    const calls = (work: (session: any) => unknown) => storeCalls(() => setting.visitor.visit(work));
    return { ...setting, calls };
  };

  test("are none where nobody asks for the session, cookie or not", async () => {
    const { visitor } = await setUp();
    expect(await storeCalls(() => visitor.exchange(() => {}))).toEqual([]);
    expect(await storeCalls(() => setUpServer().visitor.visit((session) => session.data["n"]))).toEqual([]);
  });

  test.each<[string, (session: any) => unknown, string[]]>([
    ["a read", (s) => s.data.n, ["load"]],
    ["a write of what was there already", (s) => (s.data.n = 1), ["load"]],
    ["a read and a write", (s) => (s.data.n += 1), ["load", "save"]],
    ["an update", (s) => s.update(increment), ["load", "save"]],
    ["an update and a change before it", (s) => ((s.data.a = 1), s.update(increment)), ["load", "save"]],
    ["an update that changes nothing", (s) => s.update(() => {}), ["load"]],
    ["a login", (s) => s.regenerate({ user: "42" }), ["load", "replace"]],
    [
      "a login with changes before it",
      (s) => ((s.data.a = 1), s.flash("x"), s.regenerate({ user: "42" })),
      ["load", "replace"],
    ],
    ["a logout", (s) => s.destroy(), ["load", "delete"]],
    ["a clear", (s) => s.clear(), ["load", "save"]],
    [
      "a logout after which another session begins",
      async (s) => (await s.destroy(), s.flash("x")),
      ["load", "delete", "create"],
    ],
  ])("of %s", async (_, work, expected) => {
    const { calls } = await setUp();
    expect(await calls(work)).toEqual(expected);
  });

  test.each<[string, (session: any) => unknown, string[]]>([
    ["first data", (s) => (s.data.n = 1), ["create"]],
    ["a first update", (s) => s.update(increment), ["create"]],
    ["a first login", (s) => ((s.data.a = 1), s.regenerate({ user: "42" })), ["create"]],
    ["an update that leaves nothing", (s) => s.update(() => {}), []],
    ["a new ID for nobody", (s) => s.regenerate(), []],
    ["a logout of nobody", (s) => s.destroy(), []],
    ["a clear of nothing", (s) => s.clear(), []],
  ])("of %s of a visitor without a session", async (_, work, expected) => {
    const { visitor } = setUpServer();
    expect(await storeCalls(() => visitor.visit(work))).toEqual(expected);
    await visitor.visit((session) => expect(session.new).toBe(!expected.includes("create")));
  });
});

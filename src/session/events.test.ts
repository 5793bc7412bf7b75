import { afterEach, describe, expect, test, vi } from "vitest";
import { setUp } from "../../test/support/cookie-sessions.ts";
import { faultyStore } from "../../test/support/faulty-store.ts";
import { failure, setUpServer } from "../../test/support/server-sessions.ts";
import { Visitor } from "../../test/support/visitor.ts";
import { MemoryStore } from "../stores/memory.ts";
import { warn } from "./events.ts";

describe("events", () => {
  test("go to listeners of their type and of all, until these are removed, and a listener's error disturbs nobody", async () => {
    const { visitor, sessions } = setUp();
    const seen: string[] = [];
    sessions.on("session.created", () => {
      throw new Error("mine");
    });
    sessions.on("*", () => {
      throw Object.create(null);
    });
    sessions.on("*", async () => {
      throw new Error("later");
    });
    const off = sessions.on("session.created", ({ type }) => seen.push(type));
    await visitor.visit(({ data }) => (data["a"] = 1));
    off();
    await new Visitor(sessions).visit(({ data }) => (data["a"] = 1));
    expect(seen).toEqual(["session.created"]);
  });

  test("tell of logins, forged cookies, logouts, revocations and a store that fails, each once", async () => {
    let isDown = false;
    const store = faultyStore(new MemoryStore(), (_, proceed) =>
      isDown ? Promise.reject(new Error("down")) : proceed(),
    );
    const { visitor, sessions, look, types } = setUpServer({ store });
    await visitor.visit(({ data }) => (data["a"] = 1));
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    await look("__Host-session=forged");
    await look(`__Host-session=${"A".repeat(43)}`);
    await visitor.visit((session) => session.destroy());
    await sessions.forUser("42").revokeAll();
    isDown = true;
    await failure(visitor.visit(({ data }) => (data["a"] = 1)));
    expect(types()).toEqual([
      "session.created",
      "session.renewed",
      "sid.malformed",
      "sid.unknown",
      "session.ended",
      "session.revoked",
      "store.failed",
      "session.unsaved",
    ]);
  });
});

describe("a warning", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test("is said once, by the runtime, or in the console where that has no warnings", () => {
    const emitWarning = vi.spyOn(process, "emitWarning").mockReturnValue();
    const print = vi.spyOn(console, "warn").mockReturnValue();
    for (let i = 0; i < 2; i++) warn("one", "CODE");
    expect(emitWarning.mock.calls).toEqual([["one", { type: "HipflaskWarning", code: "CODE" }]]);
    vi.stubGlobal("process", { env: {} });
    for (let i = 0; i < 2; i++) warn("two", "CODE");
    expect(print.mock.calls).toEqual([["CODE: two"]]);
  });
});

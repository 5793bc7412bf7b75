import { describe, expect, test } from "vitest";
import { setUp } from "../../test/support/cookie-sessions.ts";
import { Visitor } from "../../test/support/visitor.ts";

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
});

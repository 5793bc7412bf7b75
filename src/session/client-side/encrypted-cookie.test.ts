import { describe, expect, test } from "vitest";
import { EncryptedCookie } from "../../codec/index.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { KEY, OTHER_KEY, Visitor } from "../../../test/support/visitor.ts";
import { createSessions, type EventType, type SessionManager, signedCookie } from "../index.ts";
import { encryptedCookie } from "./encrypted-cookie.ts";

function eventsOf(sessions: SessionManager): EventType[] {
  const types: EventType[] = [];
  sessions.on("*", ({ type }) => types.push(type));
  return types;
}

const count = (session: { data: Record<string, unknown> }): void => {
  session.data["n"] = Number(session.data["n"] ?? 0) + 1;
};

describe("sessions in an encrypted cookie", () => {
  test("are what an application has that chooses nothing", async () => {
    const browser = new Visitor(createSessions({ secretKey: KEY }));
    await browser.visit(count);
    const [name, value] = browser.cookie.split("=") as [string, string];
    expect(name).toBe("__Host-session");
    expect(new EncryptedCookie([KEY]).open(value, undefined, name)).toMatchObject({ data: { n: 1 } });
    await browser.visit(count);
    await browser.visit(({ data }) => expect(data).toEqual({ n: 2 }));
  });

  test("set no cookie where nothing was written", async () => {
    const browser = new Visitor(createSessions({ secretKey: KEY }));
    expect((await browser.visit(({ data }) => data)).setCookies).toEqual([]);
  });

  test("are made anew with the newest key", async () => {
    const old = new Visitor(createSessions({ secretKey: OTHER_KEY }));
    await old.visit(count);
    const sessions = createSessions({ secretKey: KEY, secretKeyFallbacks: [OTHER_KEY] });
    const types = eventsOf(sessions);
    const browser = old.at(sessions);
    expect((await browser.visit(({ data }) => expect(data).toEqual({ n: 1 }))).setCookies).toHaveLength(1);
    expect(types).toEqual(["token.old_key"]);
    await browser.at(createSessions({ secretKey: KEY })).visit(({ data }) => expect(data).toEqual({ n: 1 }));
  });

  test.each([
    ["with a key that is gone", { secretKey: OTHER_KEY }, "token.unknown_key"],
    ["of another application", { storage: encryptedCookie({ application: "other" }) }, "token.bad_mac"],
    ["in a signed cookie", { storage: signedCookie() }, "token.malformed"],
  ] as const)("that were made %s are none, and nothing else is tried", async (_, options, type) => {
    const other = new Visitor(createSessions({ secretKey: KEY, ...options }));
    await other.visit(count);
    const sessions = createSessions({ secretKey: KEY });
    const types = eventsOf(sessions);
    await other.at(sessions).visit((session) => {
      expect(session.new).toBe(true);
      expect(session.data).toEqual({});
    });
    expect(types).toEqual([type]);
  });

  test("end with their times, whatever the browser keeps", async () => {
    const clock = new FakeClock();
    const browser = new Visitor(createSessions({ secretKey: KEY, clock, idleTimeout: 600, lifetime: 3600 }));
    await browser.visit(count);
    clock.move(601);
    await browser.visit(({ new: isNew }) => expect(isNew).toBe(true));
  });
});

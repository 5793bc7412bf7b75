import { MemoryStore } from "hipflask/stores/memory";
import { describe, expect, test } from "vitest";
import { type Fault, faultyStore } from "../../test/support/faulty-store.ts";
import { createApp } from "./app.ts";
import { inspected, visitorOf } from "./demo-visitor.ts";
import { storedPlace } from "./place.ts";
import { demoOf } from "./test-demo.ts";

/** The demo on a store each of whose calls goes through `network.fault`. */
function demo() {
  const network: { fault: Fault } = { fault: (_, proceed) => proceed() };
  const store = faultyStore(new MemoryStore(), (operation, proceed) => network.fault(operation, proceed));
  const app = createApp(demoOf(storedPlace("memory", store)));
  return { network, visitor: () => visitorOf(app) };
}

const unplugged: Fault = () => Promise.reject(new Error("The cable is out."));

describe("the demo with sessions on the server", () => {
  test("gives out an ID and keeps what it stands for", async () => {
    const shopper = demo().visitor();
    expect((await shopper.ask("GET", "/inspect")).json).toEqual({
      storage: { kind: "server", store: "memory", lists: true },
      cookies: [],
      user: null,
    });
    const { setCookies } = await shopper.ask("GET", "/sessions/count");
    const value = shopper.jar.get("session")!;
    expect(setCookies).toEqual([`session=${value}; HttpOnly; Path=/; SameSite=Lax`]);
    const { kept, ...cookie } = await inspected(shopper);
    expect(value).toMatch(/^[\w-]{43}$/);
    expect(cookie).toEqual({ name: "session", value, bytes: 50, kind: "session ID", parts: { id: value } });
    expect(kept.data).toEqual({ count: 1, goodnight: "Moon", hello: "World", _created: expect.any(Number) });
    expect(kept.bytes).toBe(JSON.stringify(kept.data).length);
    expect(kept.created).toBe(new Date(kept.data._created * 1000).toISOString());
    expect(Math.abs(Date.parse(kept.last_seen) - Date.now())).toBeLessThan(10_000);
    // A store keeps to the second when a session was used.
    expect(Math.floor((Date.parse(kept.ends) - Date.parse(kept.last_seen)) / 1000)).toBe(30 * 60);
  });

  test("the cookie stays as small as it is, however much is kept", async () => {
    const shopper = demo().visitor();
    await shopper.ask("POST", "/flash", { message: "ü".repeat(6000) });
    const { bytes, kept } = await inspected(shopper);
    expect(bytes).toBe(50);
    expect(kept.bytes).toBeGreaterThan(6000);
  });

  test.each([
    ["another ID", (value: string) => `${value.startsWith("A") ? "B" : "A"}${value.slice(1)}`, "sid.unknown"],
    ["another user's tag", (value: string) => `${value.slice(0, -1)}_`, "sid.unknown"],
    ["an ID without its tag", (value: string) => value.slice(0, 43), "sid.unknown"],
    ["a signed session", () => "eyJjb3VudCI6MX0.awCUAA.AAAAAAAAAAAAAAAAAAAAAAAAAAA", "sid.malformed"],
    ["nothing", () => "", "sid.malformed"],
  ])("knows no session by %s, until the right ID is back", async (_what, edit, reason) => {
    const shopper = demo().visitor();
    await shopper.ask("POST", "/login", { name: "Käthe" });
    const right = shopper.jar.get("session")!;
    await shopper.ask("POST", "/tamper", { name: "session", value: edit(right) });
    const cookie = await inspected(shopper);
    expect(cookie).toMatchObject({ ignored: reason, reason: expect.any(String) });
    expect(cookie).not.toHaveProperty("kept");
    expect((await shopper.ask("GET", "/inspect")).json.user).toBeNull();
    await shopper.ask("POST", "/tamper", { name: "session", value: right });
    expect((await inspected(shopper)).kept.data._user_id).toBe("Käthe");
  });

  test("parallel visits count exactly, and parallel purchases sum up", async () => {
    const shopper = demo().visitor();
    await shopper.ask("GET", "/sessions/hello");
    const visits = Array.from({ length: 100 }, () => shopper.ask("GET", "/sessions/count"));
    const values = (await Promise.all(visits)).map(({ json }) => json.session.session_value);
    expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    await Promise.all(Array.from({ length: 20 }, () => shopper.ask("POST", "/store/buy/moon")));
    expect((await shopper.ask("GET", "/store")).json).toMatchObject({
      cart: [{ item: "moon", quantity: 20 }],
      totals: { session: 900 },
    });
    expect((await shopper.ask("POST", "/store/checkout")).json.pay.by_session).toBe(900);
    expect((await shopper.ask("GET", "/store")).json).toMatchObject({ cart: [], totals: { session: 0 } });
  });

  test("lists where a user is logged in, and nobody else", async () => {
    const { visitor } = demo();
    const [here, phone, other] = [visitor(), visitor(), visitor()];
    expect((await here.ask("GET", "/logins")).json).toEqual({ logins: [] });
    await phone.ask("POST", "/login", { name: "Käthe", device: "Phone" });
    await other.ask("POST", "/login", { name: "Jörg" });
    await here.ask("POST", "/login", { name: "Käthe" });
    const { logins } = (await here.ask("GET", "/logins")).json;
    expect(logins).toHaveLength(2);
    expect(logins).toContainEqual({
      device: "Phone",
      since: expect.stringMatching(/Z$/),
      last_seen: expect.stringMatching(/Z$/),
      current: false,
    });
    expect(logins).toContainEqual(expect.objectContaining({ device: null, current: true }));
    expect((await other.ask("GET", "/logins")).json.logins).toHaveLength(1);
  });

  test("logging out everywhere ends a user's sessions on all devices at once, and no other", async () => {
    const { visitor } = demo();
    const [here, phone, other] = [visitor(), visitor(), visitor()];
    expect((await here.ask("POST", "/logout-everywhere")).status).toBe(400);
    for (const who of [here, phone]) await who.ask("POST", "/login", { name: "Käthe" });
    await other.ask("POST", "/login", { name: "Jörg" });
    const copy = here.jar.get("session")!;
    expect((await here.ask("POST", "/logout-everywhere")).json).toEqual({ user: null, ended: 2 });
    expect(here.jar.has("session")).toBe(false);
    expect((await phone.ask("GET", "/inspect")).json.user).toBeNull();
    here.jar.set("session", copy);
    expect(await inspected(here)).toMatchObject({ ignored: "sid.unknown" });
    expect((await other.ask("GET", "/inspect")).json.user).toBe("Jörg");
  });

  test("a copy of the cookie is worth nothing after logging out", async () => {
    const shopper = demo().visitor();
    await shopper.ask("POST", "/login", { name: "Käthe" });
    const copy = shopper.jar.get("session")!;
    await shopper.ask("POST", "/logout");
    shopper.jar.set("session", copy);
    expect((await shopper.ask("GET", "/inspect")).json.user).toBeNull();
  });
});

describe("while the store is down", () => {
  test("whatever needs the session is 503 in words, sets nothing, and works again as soon as the store does", async () => {
    const { network, visitor } = demo();
    const shopper = visitor();
    await shopper.ask("GET", "/sessions/count");
    network.fault = unplugged;
    for (const [method, path] of [
      ["GET", "/sessions/count"],
      ["GET", "/inspect"],
      ["POST", "/store/buy/moon"],
      ["POST", "/logout"],
    ] as const) {
      const { status, json, setCookies, headers } = await shopper.ask(method, path);
      expect([status, json.error, setCookies]).toEqual([503, expect.stringContaining("does not answer"), []]);
      expect(headers.get("Retry-After")).toBe("1");
      expect(headers.get("Content-Type")).toBe("application/json");
      expect(headers.get("X-Demo-Set-Cookie")).toBe("[]");
    }
    expect((await shopper.ask("GET", "/crumbs")).status).toBe(200);
    network.fault = (_, proceed) => proceed();
    expect((await shopper.ask("GET", "/sessions/count")).json.session.session_value).toBe(2);
  });

  test("what fails after the handler was done is no success either", async () => {
    const { network, visitor } = demo();
    const shopper = visitor();
    await shopper.ask("POST", "/flash", { message: "kept" });
    network.fault = (operation, proceed) =>
      operation === "save" ? unplugged(operation, proceed) : proceed();
    const { status, json } = await shopper.ask("POST", "/flash", { message: "lost" });
    expect([status, json.error]).toEqual([503, expect.stringContaining("does not answer")]);
    network.fault = (_, proceed) => proceed();
    expect((await shopper.ask("GET", "/flashes")).json.flashes).toEqual([
      { category: "message", message: "kept" },
    ]);
  });

  test("a session that somebody else ends meanwhile is 409 in words", async () => {
    const { network, visitor } = demo();
    const shopper = visitor();
    await shopper.ask("GET", "/sessions/count");
    const rival = visitor();
    rival.jar.set("session", shopper.jar.get("session")!);
    network.fault = async (operation, proceed) => {
      if (operation === "save") {
        network.fault = (_, go) => go();
        await rival.ask("POST", "/logout");
      }
      return proceed();
    };
    const { status, json } = await shopper.ask("GET", "/sessions/count");
    expect([status, json.error]).toEqual([409, expect.stringContaining("has ended")]);
  });
});

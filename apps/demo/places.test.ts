import { randomBytes } from "node:crypto";
import { MemoryStore } from "hipflask/stores/memory";
import { describe, expect, test } from "vitest";
import { type Fault, faultyStore } from "../../test/support/faulty-store.ts";
import { createApp } from "./app.ts";
import { openAccounts } from "./demo-places.ts";
import { inspected, visitorOf } from "./demo-visitor.ts";
import { encryptedPlace, signedPlace, storedPlace } from "./place.ts";
import { demoOf } from "./test-demo.ts";

const KEYS = { secretKey: "Zb0u1mZQmJv7gk4WcX2n9sTtR5eYpLqA", secretKeyFallbacks: [] };
const unplugged: Fault = () => Promise.reject(new Error("The cable is out."));

function demo() {
  const network: { fault: Fault } = { fault: (_, proceed) => proceed() };
  const store = faultyStore(new MemoryStore(), (operation, proceed) => network.fault(operation, proceed));
  const places = [
    signedPlace(KEYS),
    encryptedPlace(KEYS),
    storedPlace("memory", store),
    storedPlace("other", new MemoryStore()),
  ] as const;
  const app = createApp(demoOf(...places));
  return { network, store, visitor: () => visitorOf(app) };
}

describe("moving to another place", () => {
  test("visitors begin in the first one, and may choose any", async () => {
    const { ask } = demo().visitor();
    expect((await ask("GET", "/places")).json.places).toEqual([
      { name: "signed", current: true },
      { name: "encrypted", current: false },
      { name: "memory", current: false },
      { name: "other", current: false },
    ]);
    const { setCookies } = await ask("POST", "/places/encrypted");
    expect(setCookies).toEqual(["place=encrypted; Max-Age=2592000; Path=/; SameSite=Lax"]);
    expect((await ask("GET", "/inspect")).json.storage).toEqual({ kind: "encrypted" });
    expect((await ask("POST", "/places/constructor")).status).toBe(404);
  });

  test("takes the session along, round and round, and ends it where it was", async () => {
    const { store, visitor } = demo();
    const shopper = visitor();
    await shopper.ask("POST", "/login", { name: "Käthe" });
    await shopper.ask("POST", "/store/buy/moon");
    for (const place of ["memory", "other", "encrypted", "signed"]) {
      const former = shopper.jar.get("session")!;
      expect((await shopper.ask("POST", `/places/${place}`)).json).toEqual({ place });
      const { json } = await shopper.ask("GET", "/store");
      expect(json.totals).toEqual({ cookie: 45, session: 45 });
      expect((await shopper.ask("GET", "/inspect")).json.user).toBe("Käthe");
      expect(shopper.jar.get("session")).not.toBe(former);
    }
    expect((await shopper.ask("GET", "/flashes")).json.flashes).toEqual([
      { category: "success", message: "Welcome, Käthe!" },
    ]);
    expect(await store.deleteAll?.()).toBe(0);
  });

  test("takes an account's login along, remembered where it was, and forgets the former cookie", async () => {
    const shopper = demo().visitor();
    const account = { name: `Mover ${randomBytes(6).toString("hex")}`, password: "Käsekuchen 42" };
    await shopper.ask("POST", "/account/sign-up", { ...account, remember: true });
    expect([...shopper.jar.keys()]).toContain("remember_token");
    await shopper.ask("POST", "/places/memory");
    expect([...shopper.jar.keys()].toSorted()).toEqual(["place", "remember", "session"]);
    shopper.jar.delete("session");
    expect((await shopper.ask("GET", "/account")).json).toMatchObject({
      account: account.name,
      remembered: true,
    });
    await shopper.ask("POST", "/places/signed");
    expect([...shopper.jar.keys()].toSorted()).toEqual(["place", "remember_token", "session"]);
    expect((await shopper.ask("GET", "/account")).json.account).toBe(account.name);
  });

  test("what does not fit into a cookie stays where it is", async () => {
    const shopper = demo().visitor();
    await shopper.ask("POST", "/places/memory");
    const message = randomBytes(6000).toString("base64");
    await shopper.ask("POST", "/flash", { message });
    const { status, json, setCookies } = await shopper.ask("POST", "/places/encrypted");
    expect([status, json.error, setCookies]).toEqual([413, expect.stringContaining("Largest keys"), []]);
    expect((await shopper.ask("GET", "/flashes")).json.flashes).toHaveLength(1);
  });

  test("a store that is down takes nobody in, and holds nobody back", async () => {
    const { network, visitor } = demo();
    const [inside, outside] = [visitor(), visitor()];
    await inside.ask("POST", "/places/memory");
    await inside.ask("GET", "/sessions/count");
    await outside.ask("GET", "/sessions/count");
    network.fault = unplugged;
    expect((await outside.ask("POST", "/places/memory")).status).toBe(503);
    expect((await outside.ask("GET", "/sessions/count")).json.session.session_value).toBe(2);
    expect((await inside.ask("POST", "/places/signed")).status).toBe(200);
    expect((await inside.ask("GET", "/sessions/count")).json.session.session_value).toBe(1);
  });

  test("the cookie that says where is believed only where it names a place", async () => {
    const shopper = demo().visitor();
    for (const place of ["nowhere", "__proto__", ""]) {
      shopper.jar.set("place", place);
      expect((await shopper.ask("GET", "/inspect")).json.storage).toEqual({ kind: "signed" });
    }
  });
});

test("without SQLite there are no accounts, and everybody moves all the same", async () => {
  const places = [signedPlace(KEYS), encryptedPlace(KEYS), storedPlace("memory", new MemoryStore())] as const;
  const { ask } = visitorOf(createApp({ ...demoOf(...places), ...openAccounts() }));
  await ask("POST", "/login", { name: "Käthe" });
  for (const place of ["encrypted", "memory", "signed"]) {
    expect((await ask("POST", `/places/${place}`)).json).toEqual({ place });
    expect((await ask("GET", "/inspect")).json.user).toBe("Käthe");
    expect((await ask("GET", "/account")).json).toEqual({ account: null });
    for (const path of ["/account/sign-up", "/account/log-in"]) {
      const { status, json } = await ask("POST", path, { name: "Käthe", password: "Käsekuchen 42" });
      expect([status, json.error]).toEqual([501, expect.stringContaining("need SQLite")]);
    }
    expect((await ask("POST", "/account/log-out-everywhere")).status).toBe(401);
  }
});

test("an encrypted session is read by the server alone, and an edited one is nothing", async () => {
  const shopper = demo().visitor();
  await shopper.ask("POST", "/places/encrypted");
  await shopper.ask("GET", "/sessions/count");
  const value = shopper.jar.get("session")!;
  expect(await inspected(shopper)).toMatchObject({
    kind: "encrypted session",
    parts: { sealed: value },
    payload: { count: 1 },
  });
  const changed = value.slice(0, -1) + (value.endsWith("A") ? "B" : "A");
  await shopper.ask("POST", "/tamper", { name: "session", value: changed });
  expect(await inspected(shopper)).toMatchObject({
    payload: null,
    ignored: expect.stringMatching(/^token\./),
  });
});

test("a response says what the store was asked", async () => {
  const shopper = demo().visitor();
  expect((await shopper.ask("GET", "/sessions/count")).headers.get("X-Demo-Store")).toBeNull();
  await shopper.ask("POST", "/places/memory");
  const { headers } = await shopper.ask("GET", "/sessions/count");
  expect(JSON.parse(headers.get("X-Demo-Store")!)).toMatchObject([
    { operation: "load", outcome: "ok" },
    { operation: "save", outcome: "ok" },
  ]);
});

test("the naive counter loses visits that come at once", async () => {
  const shopper = demo().visitor();
  expect((await shopper.ask("GET", "/naive/count")).json).toEqual({ count: 1 });
  const visits = await Promise.all(Array.from({ length: 20 }, () => shopper.ask("GET", "/naive/count")));
  expect(Math.max(...visits.map(({ json }) => json.count))).toBeLessThan(21);
});

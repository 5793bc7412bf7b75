import { describe, expect, test } from "vitest";
import { lastOf, setUp, stateOf } from "../../test/support/inspected.ts";
import { KEY, OTHER_KEY } from "../../test/support/visitor.ts";
import { encryptedCookie, hybrid, serverSide, signedCookie } from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";
import type { TestClient } from "../testing/client/test-client.ts";
import type { State, TamperReport, VerdictReport } from "./report.ts";

describe("the session, and why it is refused", () => {
  test("decoded, with its times and its key, and no secret in it", async () => {
    const { browser, clock } = setUp({ idleTimeout: 600, lifetime: 3600 });
    const client = browser();
    await client.get("/write");
    const now = clock.now() / 1000;
    clock.move(30);
    const response = await client.get("/inspector/state");
    const text = await response.text();
    const { session, cookies } = JSON.parse(text) as State;
    expect(session).toMatchObject({
      state: "good",
      cookie: "session",
      format: "hipflask, encrypted",
      key: expect.stringMatching(/^the newest key \([0-9a-f]{8}\)$/),
      data: { cart: { tea: 2, token: "••••••" } },
      now: now + 30,
      created: now,
      used: now,
      idleEnd: now + 600,
      absoluteEnd: now + 3600,
    });
    expect(cookies[0]).toMatchObject({ name: "session", kind: "encrypted", role: "session" });
    expect(text).not.toContain("a-secret-of-the-cart");
    expect(text).not.toContain((await client.cookie("session"))!.slice(4, 40));
  });

  test("in a store: its public name and not its ID", async () => {
    const { browser, sessions } = setUp({ storage: serverSide(new MemoryStore()) });
    const client = browser();
    await client.get("/login");
    const text = await (await client.get("/inspector/state")).text();
    const { session } = JSON.parse(text) as State;
    const id = await client.sessionTransaction(sessions, (own) => own.id);
    expect(session).toMatchObject({ state: "good", user: "ada", id });
    const secret = (await client.cookie("session"))!;
    expect(text).not.toContain(secret.slice(4, 40));
  });

  test("a fallback key is named as such", async () => {
    const before = setUp({ secretKey: OTHER_KEY });
    const client = before.browser();
    await client.get("/write");
    const after = setUp({ secretKey: KEY, secretKeyFallbacks: [OTHER_KEY] }).browser();
    await after.setCookie("session", (await client.cookie("session"))!);
    expect((await stateOf(after)).session).toMatchObject({ key: expect.stringContaining("a fallback key") });
    await after.get("/read");
    expect(await lastOf(after)).toMatchObject({
      setCookies: [{ why: expect.stringContaining("fallback key") }],
    });
  });

  const cases: [string, string, (own: ReturnType<typeof setUp>, value: string) => string][] = [
    [
      "a bad signature",
      "token.bad_mac",
      (_, value) => `${value.slice(0, -20)}${value.at(-20) === "A" ? "B" : "A"}${value.slice(-19)}`,
    ],
    [
      "an unknown key",
      "token.unknown_key",
      (_, value) => `${value.slice(0, 3)}${value[3] === "A" ? "B" : "A"}${value.slice(4)}`,
    ],
    ["a malformed value", "token.malformed", () => "not-a-session"],
    ["one that is too large", "token.too_large", (_, value) => value + "A".repeat(20_000)],
    ["one that is too old", "token.expired", ({ clock }, value) => (clock.move(15 * 24 * 3600), value)],
    ["one of the future", "token.future", ({ clock }, value) => (clock.move(-60), value)],
  ];
  test.each(cases)("%s", async (_, type, change) => {
    const own = setUp();
    const client = own.browser();
    await client.get("/write");
    await stateOf(client);
    const value = change(own, (await client.cookie("session"))!);
    const watch = `hipflask-inspector=${await client.cookie("hipflask-inspector")}`;
    const headers = { Cookie: `${watch}; session=${value}` };
    await client.get("/read", { headers });
    const state = (await (await client.get("/inspector/state", { headers })).json()) as State;
    expect(state.requests[0]).toMatchObject({ read: "none", happenings: [{ type }] });
    expect(state.session).toMatchObject({ state: "refused", happenings: [{ type }] });
  });

  test("one that takes two cookies", async () => {
    const client = setUp({ storage: encryptedCookie({ maxCookies: 2 }) }).browser();
    await client.get("/write");
    await stateOf(client);
    await client.get("/large");
    const { session, cookies } = await stateOf(client);
    expect(session).toMatchObject({ state: "good", format: "hipflask, encrypted" });
    expect(cookies.map(({ name, role, shown }) => [name, role, shown.length])).toEqual([
      ["session", "session", 9],
      ["session.2", "session", 9],
      ["hipflask-inspector", "inspector", 9],
    ]);
    await client.get("/logout");
    expect((await lastOf(client)).setCookies.map(({ name, why }) => [name, why])).toEqual([
      ["session", expect.stringContaining("has ended")],
      ["session.2", expect.stringContaining("does not need")],
    ]);
  });

  test("one in a store with a copy of it in a cookie", async () => {
    const client = setUp({ storage: hybrid(new MemoryStore(), { maxAge: 10 }) }).browser();
    await stateOf(client);
    await client.get("/write");
    const { session, cookies } = await stateOf(client);
    expect(session).toMatchObject({ state: "good" });
    expect(cookies.map(({ name, role, kind, shown }) => [name, role, kind, shown.length])).toEqual([
      ["session", "session", "opaque", 9],
      ["session.copy", "session", "encrypted", 9],
      ["hipflask-inspector", "inspector", "opaque", 9],
    ]);
    expect((await lastOf(client)).setCookies.map(({ name, why }) => [name, why])).toEqual([
      ["session", expect.stringContaining("A new session")],
      ["session.copy", expect.stringContaining("a copy of the session")],
    ]);
    await client.get("/logout");
    expect((await lastOf(client)).setCookies.map(({ name, why }) => [name, why])).toEqual([
      ["session", expect.stringContaining("has ended")],
      ["session.copy", expect.stringContaining("nothing that it would be a copy of")],
    ]);
  });

  test("two genuine cookies of one name", async () => {
    const own = setUp();
    const [one, two] = [own.browser(), own.browser()];
    await one.get("/write");
    await two.get("/write");
    const Cookie = `session=${await one.cookie("session")}; session=${await two.cookie("session")}`;
    const state = (await (await one.get("/inspector/state", { headers: { Cookie } })).json()) as State;
    expect(state.session).toMatchObject({ state: "refused", happenings: [{ type: "cookie.duplicate" }] });
  });

  test("an ID that the store does not know", async () => {
    const client = setUp({ storage: serverSide(new MemoryStore()) }).browser();
    await client.setCookie("session", "A".repeat(43));
    expect((await stateOf(client)).session).toMatchObject({
      state: "refused",
      happenings: [{ type: "sid.unknown" }],
    });
  });
});

describe("the tamper bench", () => {
  async function bench(client: TestClient, json: unknown): Promise<TamperReport> {
    return (await client.post("/inspector/tamper", { json })).json() as Promise<TamperReport>;
  }

  test("each part of an encrypted cookie is watched over", async () => {
    const client = setUp().browser();
    await client.get("/write");
    const { parts } = (await stateOf(client)).session;
    const found = [];
    for (const { name, start } of parts) {
      const { part, accepted, happenings } = await bench(client, { kind: "flip", at: start });
      expect({ part, accepted }).toEqual({ part: name, accepted: false });
      found.push([name, happenings[0]!.type]);
    }
    expect(found).toEqual([
      ["version", "token.malformed"],
      ["key ID", "token.unknown_key"],
      ["nonce", "token.bad_mac"],
      ["ciphertext", "token.bad_mac"],
      ["tag", "token.bad_mac"],
    ]);
    expect(await bench(client, { kind: "cut" })).toMatchObject({ accepted: false });
    expect(await bench(client, { kind: "grow" })).toMatchObject({
      happenings: [{ type: "token.too_large" }],
    });
    expect((await stateOf(client)).session.state).toBe("good");
  });

  test("each part of a signed one", async () => {
    const client = setUp({ storage: signedCookie() }).browser();
    await client.get("/write");
    const { parts } = (await stateOf(client)).session;
    expect(parts.map(({ name }) => name)).toEqual(["payload", "time", "signature"]);
    for (const at of parts.flatMap(({ start, end }) => [start, end - 1])) {
      const report = await bench(client, { kind: "flip", at });
      expect(report).toMatchObject({ accepted: false, happenings: [{ type: "token.bad_mac" }] });
    }
  });

  test.each([
    undefined,
    {},
    { kind: "flip" },
    { kind: "flip", at: -1 },
    { kind: "flip", at: "0" },
    { kind: "steal" },
  ])("%j is no tampering", async (json) => {
    const client = setUp().browser();
    await client.get("/write");
    expect((await client.post("/inspector/tamper", { json })).status).toBe(400);
  });

  test("without a session cookie there is nothing to change", async () => {
    expect(
      (
        await setUp()
          .browser()
          .post("/inspector/tamper", { json: { kind: "cut" } })
      ).status,
    ).toBe(400);
  });
});

describe("why not", () => {
  async function ask(header: string, url = "https://shop.example/", page = ""): Promise<VerdictReport> {
    const reply = await setUp().browser().post("/inspector/verdict", { json: { header, url, page } });
    return reply.json() as Promise<VerdictReport>;
  }

  test("a Set-Cookie that is dropped, and one that is kept with where it is sent", async () => {
    const dropped = await ask("Set-Cookie: id=1; SameSite=None");
    expect(dropped).toMatchObject({ kind: "set-cookie", ok: false, findings: [{ level: "refused" }] });
    const kept = await ask("id=1; Secure; SameSite=Lax; Path=/");
    expect(kept).toMatchObject({ ok: true, sentence: "Browsers keep this cookie." });
    expect(kept.sendings.map(({ sent }) => sent)).toEqual([true, true, false, false]);
  });

  test("what another site's page embeds", async () => {
    const page = "https://news.example/";
    const lax = await ask("id=1; Secure; SameSite=Lax", "https://shop.example/", page);
    expect(lax.findings[0]).toMatchObject({ code: "same-site-set", level: "refused" });
    const chips = await ask("id=1; Secure; SameSite=None; Partitioned", "https://shop.example/", page);
    expect(chips.sendings.map(({ situation, sent }) => [situation, sent])).toEqual([
      ["a click within the site", false],
      ["a link on a page of https://news.example", false],
      ["a form that a page of https://news.example posts", false],
      ["an image, a frame or a fetch in a page of https://news.example", true],
    ]);
  });

  test("a Cookie header", async () => {
    expect(await ask("Cookie: a=1; b=2")).toMatchObject({
      kind: "cookie",
      cookies: [{ name: "a" }, { name: "b" }],
    });
  });

  test.each([
    ["no text", 1, "https://x.example/"],
    ["too long", "a".repeat(40_000), "https://x.example/"],
    ["of no web page", "a=1", "ftp://x.example/"],
    ["of nowhere", "a=1", "nowhere"],
    ["in no page", "a=1", "https://x.example/", "nowhere"],
  ])("a header %s is no question", async (_, header, url, page = "") => {
    const reply = await setUp().browser().post("/inspector/verdict", { json: { header, url, page } });
    expect(reply.status).toBe(400);
  });
});

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { APPS, type Counted, STORAGES } from "../../../test/support/small-apps.ts";
import { inProduction } from "../../../test/support/production.ts";
import { FakeClock, TestClient } from "../index.ts";
import { GoneError } from "../../errors.ts";

const kinds = Object.keys(APPS).flatMap((app) =>
  Object.keys(STORAGES).map((storage) => [app, storage] as const),
);

describe.each(kinds)("a client of %s with %s", (name, storage) => {
  async function open() {
    const sessions = STORAGES[storage]!();
    return { sessions, client: new TestClient(await APPS[name]!(sessions)) };
  }

  test("keeps the session, follows a login where it is asked to, and loses what was ended", async () => {
    const { client } = await open();
    await using _ = client;
    expect(await (await client.get("/")).json()).toEqual({ n: 1, flashes: [] });
    const login = await client.post("/login");
    expect([Math.floor(login.status / 100), login.headers.get("Location")]).toEqual([3, "/"]);
    const page = await client.get("/login", { redirect: "follow" });
    expect(await page.json()).toEqual({ n: 2, user: "ada", flashes: ["Welcome", "Welcome"] });
    await client.get("/logout");
    expect(await (await client.get("/")).json()).toEqual({ n: 1, flashes: [] });
  });

  test("changes its session between requests, and before the first one", async () => {
    const { client, sessions } = await open();
    await using _ = client;
    const before = await client.sessionTransaction(sessions, async (session) => {
      const isNew = session.new;
      session.data.n = 41;
      session.flash("Hello");
      await session.regenerate({ user: "eve" });
      return isNew;
    });
    expect(before).toBe(true);
    expect(await (await client.get("/")).json()).toEqual({ n: 42, user: "eve", flashes: ["Hello"] });
    const found = await client.sessionTransaction(sessions, ({ data, user }) => {
      data.n += 100;
      return user;
    });
    expect(found).toBe("eve");
    expect(await (await client.get("/")).json()).toEqual({ n: 143, user: "eve", flashes: [] });
  });

  test("stores nothing where the transaction throws", async () => {
    const { client, sessions } = await open();
    await using _ = client;
    await client.get("/");
    const failed = client.sessionTransaction(sessions, (session) => {
      session.data.n = 99;
      session.flash("lost");
      throw new Error("the test's own");
    });
    await expect(failed).rejects.toThrow("the test's own");
    expect(await (await client.get("/")).json()).toEqual({ n: 2, flashes: [] });
  });

  test("ends its session in a transaction", async () => {
    const { client, sessions } = await open();
    await using _ = client;
    await client.get("/");
    await client.sessionTransaction(sessions, (session) => session.destroy());
    expect(await client.cookie("session")).toBe(undefined);
    expect(await (await client.get("/")).json()).toEqual({ n: 1, flashes: [] });
  });

  test("works in production, where cookies are Secure", () =>
    inProduction(async () => {
      const { client, sessions } = await open();
      await using _ = client;
      await client.sessionTransaction(sessions, ({ data }) => void (data.n = 1));
      expect(await (await client.get("/")).json()).toEqual({ n: 2, flashes: [] });
    }));
});

test("the transaction's data has the type of the application's", async () => {
  const sessions = STORAGES["signedCookie"]!({ schema: z.object({ n: z.number().default(7) }) });
  const client = new TestClient(await APPS["web"]!(sessions));
  const n: number = await client.sessionTransaction(sessions, ({ data }) => data.n);
  expect(n).toBe(7);
  // @ts-expect-error -- n is a number
  await client.sessionTransaction(sessions, ({ data }: { data: Counted }) => void (data.n = "8"));
});

test("sessions.current() is the session, below a transaction too", async () => {
  const sessions = STORAGES["serverSide"]!();
  const client = new TestClient(await APPS["web"]!(sessions));
  const isSame = await client.sessionTransaction(
    sessions,
    async (session) => session === (await sessions.current()),
  );
  expect(isSame).toBe(true);
});

test("a session with a path or an end of its own is found", async () => {
  const clock = new FakeClock();
  const sessions = STORAGES["serverSide"]!({ cookie: { path: "/shop" }, lifetime: 100, clock });
  const client = new TestClient(await APPS["web"]!(sessions), { clock, baseUrl: "https://example.com" });
  await client.sessionTransaction(sessions, (session) => {
    session.permanent = true;
    session.data.n = 1;
  });
  expect(await (await client.get("/shop/")).json()).toEqual({ n: 2, flashes: [] });
  await client.sessionTransaction(sessions, ({ data }) => expect(data.n).toBe(2));
  clock.move(101);
  expect(await client.cookie("session")).toBe(undefined);
});

test("a cookie that does not fit the client's host is an error with a reason", async () => {
  const sessions = STORAGES["signedCookie"]!({ cookie: { domain: "example.com" } });
  const client = new TestClient(await APPS["web"]!(sessions), { baseUrl: "https://example.org" });
  const working = client.sessionTransaction(sessions, ({ data }) => void (data.n = 1));
  await expect(working).rejects.toThrow(
    /No browser would take the cookie from https:\/\/example\.org\. .*domain/,
  );
});

test("a session that another request has ended is not brought back", async () => {
  const sessions = STORAGES["serverSide"]!();
  const client = new TestClient(await APPS["web"]!(sessions));
  await client.get("/login");
  const late = client.sessionTransaction(sessions, async (session) => {
    await sessions.forUser("ada").revokeAll();
    await session.update((data) => void (data.n = 9));
  });
  await expect(late).rejects.toThrow(GoneError);
  expect(await (await client.get("/")).json()).toEqual({ n: 1, flashes: [] });
});

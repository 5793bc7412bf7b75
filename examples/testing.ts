// The tests of an application: a client that keeps cookies, the session between its requests, and a clock that is moved.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import express from "express";
import { createSessions, serverSide } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { MemoryStore } from "hipflask/stores/memory";
import { cookieFor, FakeClock, TestClient } from "hipflask/testing";

/** The application, as it would stand in a file of its own. */
function shop(clock?: FakeClock) {
  const sessions = createSessions<{ cart?: string[] }>({
    storage: serverSide(new MemoryStore()),
    idleTimeout: 30 * 60,
    clock,
  });
  const app = express();
  app.use(expressSessions(sessions));
  app.post("/login", async (req, res) => {
    await (await sessions.get(req)).regenerate({ user: "ada" });
    res.redirect(303, "/cart");
  });
  app.get("/cart", async (req, res) => {
    const { user, data } = await sessions.get(req);
    res.json({ user, cart: data.cart ?? [] });
  });
  return { app, sessions };
}

test("a login keeps the cart", async () => {
  const { app, sessions } = shop();
  await using client = new TestClient(createServer(app));
  await client.sessionTransaction(sessions, ({ data }) => {
    data.cart = ["tea"];
  });
  const page = await client.post("/login", { redirect: "follow" });
  assert.deepEqual(await page.json(), { user: "ada", cart: ["tea"] });
  assert.ok(await client.cookie("session"));
});

test("half an hour later nobody is logged in", async () => {
  const clock = new FakeClock();
  const { app, sessions } = shop(clock);
  await using client = new TestClient(createServer(app), { clock });
  await client.sessionTransaction(sessions, (session) => session.regenerate({ user: "ada" }));
  clock.move(29 * 60);
  assert.deepEqual(await (await client.get("/cart")).json(), { user: "ada", cart: [] });
  clock.move(31 * 60);
  assert.deepEqual(await (await client.get("/cart")).json(), { cart: [] });
});

test("a request with a cookie of its own", async () => {
  const { app, sessions } = shop();
  await using client = new TestClient(createServer(app));
  const cookie = await cookieFor(sessions, { cart: ["milk"] }, { user: "eve" });
  const page = await client.get("/cart", { headers: { cookie } });
  assert.deepEqual(await page.json(), { user: "eve", cart: ["milk"] });
});

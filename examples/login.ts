// A login by name and password, a page for those who are logged in, and the way back to it.
import assert from "node:assert/strict";
import { Hono } from "hono";
import { createSessions, serverSide } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { createLogin, safeNext } from "hipflask/login";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";
import { hash, verify } from "./password.ts";

const users = [{ id: "1", name: "ada", password: await hash("correct horse") }];

const sessions = createSessions({ storage: serverSide(new MemoryStore()), idleTimeout: 30 * 60 });
const auth = createLogin(sessions, {
  loadUser: (id) => users.find((user) => user.id === id),
  loginView: "/login",
});

const app = new Hono().use(honoSessions(sessions));

app.post("/login", async (c) => {
  const form = (await c.req.parseBody()) as Record<string, string>;
  const user = users.find(({ name }) => name === form["name"]);
  const isRight = await verify(user?.password, form["password"] ?? "");
  if (user === undefined || !isRight) return c.text("Wrong name or password.", 401);
  await auth.loginUser(c, user);
  return c.redirect(safeNext(form["next"]));
});

app.post("/logout", async (c) => {
  await auth.logoutUser(c);
  return c.redirect("/");
});

app.get("/account", async (c) => {
  const user = await auth.loginRequired(c);
  return c.text(`Hello, ${user.name}`);
});

const browser = new TestClient(app);
const logIn = (fields: Record<string, string>) =>
  browser.post("/login", { body: new URLSearchParams(fields) });

const denied = await browser.get("/account");
assert.equal(denied.headers.get("Location"), "/login?next=%2Faccount");

assert.equal((await logIn({ name: "ada", password: "wrong" })).status, 401);
const login = await logIn({ name: "ada", password: "correct horse", next: "/account" });
assert.equal(login.headers.get("Location"), "/account");
assert.equal(await (await browser.get("/account")).text(), "Hello, ada");

await browser.post("/logout");
assert.equal((await browser.get("/account")).status, 302);

// An address in `next` leads nowhere else.
assert.equal(safeNext("//evil.example"), "/");
console.log("logged in and out");

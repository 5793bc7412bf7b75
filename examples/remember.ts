// Remember-me: known tomorrow without a password, and asked for it before what a thief must not do.
import assert from "node:assert/strict";
import { Hono } from "hono";
import { createSessions, serverSide } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { createLogin } from "hipflask/login";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";

const ada = { id: "1" };
const store = new MemoryStore();
const sessions = createSessions({ storage: serverSide(store), idleTimeout: 30 * 60 });
const auth = createLogin(sessions, {
  loadUser: (id) => (id === ada.id ? ada : undefined),
  loginView: "/login",
  refreshView: "/confirm",
  remember: { store },
});

const app = new Hono().use(honoSessions(sessions));
app.post("/login", async (c) => {
  await auth.loginUser(c, ada, { remember: true });
  return c.redirect("/");
});
app.get("/orders", async (c) => c.text(`the orders of ${(await auth.loginRequired(c)).id}`));
app.post("/address", async (c) => {
  await auth.freshLoginRequired(c, { maxAge: 600 }); // the password was entered ten minutes ago at most
  return c.text("changed");
});
app.post("/confirm", async (c) => {
  await auth.confirmLogin(c); // after the password was checked again
  return c.redirect(await auth.nextUrl(c));
});

const browser = new TestClient(app, { baseUrl: "https://shop.example" });
await browser.post("/login");
const token = await browser.cookie("__Host-remember");

// The browser was closed, and its session with it.
await browser.deleteCookie("__Host-session");
assert.equal(await (await browser.get("/orders")).text(), "the orders of 1");
assert.notEqual(await browser.cookie("__Host-remember"), token, "a token is good once");

const stale = await browser.post("/address");
assert.equal(stale.headers.get("Location"), "/confirm?next=%2Faddress");
await browser.post("/confirm");
assert.equal(await (await browser.post("/address")).text(), "changed");
console.log("remembered");

// Express: a login whose redirect finds it, and messages for the next page.
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import express from "express";
import { createSessions, serverSide } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { MemoryStore } from "hipflask/stores/memory";

const sessions = createSessions({ storage: serverSide(new MemoryStore()), idleTimeout: 30 * 60 });

const app = express();
app.use(expressSessions(sessions));
app.post("/login", async (req, res) => {
  const session = await sessions.get(req);
  await session.regenerate({ user: "ada" });
  session.flash("Welcome back!");
  // The answer waits until the session is stored.
  res.redirect(303, "/");
});
app.get("/", async (req, res) => {
  const session = await sessions.get(req);
  res.json({ user: session.user, messages: session.flashes().map(({ message }) => message) });
});

const server = app.listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const login = await fetch(`${url}/login`, { method: "POST", redirect: "manual" });
const [cookie = ""] = login.headers.getSetCookie()[0]!.split(";");
const page = await (
  await fetch(new URL(login.headers.get("location")!, url), { headers: { cookie } })
).json();
assert.deepEqual(page, { user: "ada", messages: ["Welcome back!"] });
console.log(page);
server.close();

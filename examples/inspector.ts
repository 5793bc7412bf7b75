/** Seeing what a browser's cookies and session are, and what each request did with them: the inspector, mounted in one line. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import { createSessions } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { inspector } from "hipflask/inspector";
import { TestClient } from "hipflask/testing";

const sessions = createSessions<{ cart?: string[] }>({ secretKey: "q8Zr2Vn6Yw0Xb4Tc1Lf7Pd9Hs5Kj3Mg" });
const inspect = inspector(sessions);

const app = new Hono();
app.use(honoSessions(sessions));
// With @hono/node-server `inspect.fetch(c.req.raw)` is enough: there it is known who is connected.
app.all("/inspector/*", (c) => inspect.fetch(c.req.raw, { address: "127.0.0.1" }));
app.get("/buy/:thing", async (c) => {
  const session = await sessions.get(c);
  (session.data.cart ??= []).push(c.req.param("thing"));
  return c.redirect("/");
});

const browser = new TestClient(app);
const page = await browser.get("/inspector/");
assert.match(await page.text(), /<title>Session inspector<\/title>/);

// What the page shows, it asks for as JSON. From then on this browser's requests are noted down.
await browser.get("/inspector/state");
await browser.get("/buy/tea");
const { session, requests } = await (await browser.get("/inspector/state")).json();
assert.deepEqual(session.data, { cart: ["tea"] });
assert.equal(session.format, "hipflask, encrypted");
assert.deepEqual(requests[0].changes, [{ path: "cart", how: "added" }]);
for (const { name, why } of requests[0].setCookies) console.log(`${name}: ${why}`);

// Another browser sees nothing of it.
const stranger = await (await new TestClient(app).get("/inspector/state")).json();
assert.deepEqual([stranger.session.state, stranger.requests], ["none", []]);

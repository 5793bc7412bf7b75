// The devices of a user, and a change of the password that logs all others out.
import assert from "node:assert/strict";
import { Hono } from "hono";
import { createSessions, serverSide } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { createLogin } from "hipflask/login";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";

const ada = { id: "1" };
const sessions = createSessions({ storage: serverSide(new MemoryStore()) });
const auth = createLogin(sessions, { loadUser: (id) => (id === ada.id ? ada : undefined) });

const app = new Hono().use(honoSessions(sessions));
app.post("/login", async (c) => {
  await auth.loginUser(c, ada, { device: c.req.query("on")! });
  return c.text("Hello");
});
app.get("/devices", async (c) => {
  const devices = await auth.devices(c);
  return c.json(devices.map(({ device, isCurrent }) => (isCurrent ? `${device}, this one` : device)));
});
app.post("/password", async (c) => {
  await auth.passwordChanged(c); // after it was stored
  return c.text("Changed. All other devices are logged out.");
});

const [laptop, phone] = [new TestClient(app), new TestClient(app)];
await laptop.post("/login?on=laptop");
await phone.post("/login?on=phone");
const devices = (await (await laptop.get("/devices")).json()) as string[];
assert.deepEqual(devices.toSorted(), ["laptop, this one", "phone"]);

console.log(await (await laptop.post("/password")).text());
assert.equal((await laptop.get("/devices")).status, 200);
assert.equal((await phone.get("/devices")).status, 401);

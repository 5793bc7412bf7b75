// Passwords, logins, remember-me: register, log in, come back tomorrow, change the password.
import assert from "node:assert/strict";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { Hono } from "hono";
import { createSessions, serverSide } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { createLogin, safeNext } from "hipflask/login";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";

interface User {
  readonly id: string;
  readonly name: string;
  password: string;
}

const users = new Map<string, User>();

// Prefer argon2id where you can install it: hash() and verify() of @node-rs/argon2. Node's own scrypt is the next best.
const stretch = promisify<string, Buffer, number, object, Buffer>(scrypt);
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };

async function hash(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString("base64url")}.${(await stretch(password, salt, 32, COST)).toString("base64url")}`;
}

async function verify(stored: string, password: string): Promise<boolean> {
  const [salt, expected] = stored.split(".").map((part) => Buffer.from(part, "base64url")) as [
    Buffer,
    Buffer,
  ];
  return timingSafeEqual(expected, await stretch(password, salt, 32, COST));
}

// Takes as long for a name that nobody has, so that nobody learns who has an account.
const nobody = hash("nobody");

const store = new MemoryStore();
const sessions = createSessions({ storage: serverSide(store), idleTimeout: 30 * 60 });
const auth = createLogin(sessions, {
  loadUser: (id) => users.get(id),
  loginView: "/login",
  refreshView: "/confirm",
  remember: { store },
});

const app = new Hono();
app.use(honoSessions(sessions));

app.post("/login", async (c) => {
  const form = (await c.req.parseBody()) as Record<string, string>;
  const user = Array.from(users.values()).find(({ name }) => name === form["name"]);
  const isRight = await verify(user?.password ?? (await nobody), form["password"] ?? "");
  if (user === undefined || !isRight) return c.text("Wrong name or password.", 401);
  await auth.loginUser(c, user, { remember: form["remember"] === "on" });
  return c.redirect(safeNext(form["next"]));
});

app.post("/logout", async (c) => {
  await auth.logoutUser(c);
  return c.redirect("/");
});

app.post("/confirm", async (c) => {
  const user = await auth.loginRequired(c);
  const form = (await c.req.parseBody()) as Record<string, string>;
  if (!(await verify(user.password, form["password"] ?? ""))) return c.text("Wrong password.", 401);
  await auth.confirmLogin(c);
  return c.redirect(safeNext(form["next"]));
});

// Everything below needs a user.
app.use("/account/*", async (c, next) => {
  await auth.loginRequired(c);
  await next();
});

app.get("/account/devices", async (c) => {
  const devices = await auth.devices(c);
  return c.json(devices.map(({ device, isCurrent }) => ({ device, isCurrent })));
});

// A stolen cookie is not enough for this: the password was entered in this session, ten minutes ago at most.
app.post("/account/password", async (c) => {
  const user = await auth.freshLoginRequired(c, { maxAge: 600 });
  const form = (await c.req.parseBody()) as Record<string, string>;
  user.password = await hash(form["password"]!);
  await auth.passwordChanged(c);
  return c.text("Changed. All other devices are logged out.");
});

// The check: Ada on two devices.
users.set("1", { id: "1", name: "ada", password: await hash("correct horse") });
const form = (fields: Record<string, string>) => ({ body: new URLSearchParams(fields) });
const laptop = new TestClient(app, { baseUrl: "https://example.com" });
const phone = new TestClient(app, { baseUrl: "https://example.com" });

const denied = await laptop.get("/account/devices");
assert.equal(denied.headers.get("Location"), "/login?next=%2Faccount%2Fdevices");
assert.equal((await laptop.post("/login", form({ name: "ada", password: "wrong" }))).status, 401);

const logIn = async (client: TestClient) => {
  const fields = { name: "ada", password: "correct horse", remember: "on", next: "/account/devices" };
  const response = await client.post("/login", form(fields));
  assert.equal(response.headers.get("Location"), "/account/devices");
};
await Promise.all([laptop, phone].map(logIn));
const devices = (await (await laptop.get("/account/devices")).json()) as unknown[];
assert.equal(devices.length, 2);

// The browser was closed; the cookie that remembers is still there, and enough for most things.
await laptop.deleteCookie("__Host-session");
assert.equal((await laptop.get("/account/devices")).status, 200);
const stale = await laptop.post("/account/password", form({ password: "new" }));
assert.equal(stale.headers.get("Location"), "/confirm?next=%2Faccount%2Fpassword");

await laptop.post("/confirm", form({ password: "correct horse" }));
const changed = await laptop.post("/account/password", form({ password: "battery staple" }));
console.log(await changed.text());
assert.equal((await laptop.get("/account/devices")).status, 200);
assert.equal((await phone.get("/account/devices")).status, 302);

// An address in `next` leads nowhere else.
assert.equal(safeNext("//evil.example"), "/");

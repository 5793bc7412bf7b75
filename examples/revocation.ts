// Sessions in cookies that can be ended: a store knows which of them live.
import assert from "node:assert/strict";
import { createSessions, encryptedCookie } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";

const sessions = createSessions<{ cart?: string[] }>({
  secretKey: "Kq3v-Jb7wXz1Rn5tYc9pLm2s-for-an-example",
  storage: encryptedCookie({ revocation: new MemoryStore() }), // new RedisStore(redis) where there are several processes
});

const handle = webSessions(sessions, async (request: Request) => {
  const session = await sessions.get(request);
  switch (new URL(request.url).pathname) {
    case "/cart":
      (session.data.cart ??= []).push("tea");
      break;
    case "/login":
      await session.regenerate({ user: "42" });
      break;
    case "/logout":
      await session.destroy();
      break;
    case "/new-password":
      await session.regenerate();
      await sessions.forUser("42").revokeAll({ except: session.id });
      break;
    default:
  }
  return Response.json({ user: session.user, cart: session.data.cart });
});

const [laptop, phone, thief] = [new TestClient(handle), new TestClient(handle), new TestClient(handle)];
const seenBy = async (client: TestClient): Promise<unknown> => (await client.get("/")).json();
const steal = async (from: TestClient) => thief.setCookie("session", (await from.cookie("session"))!);

await laptop.get("/cart");
for (const client of [laptop, phone]) await client.get("/login");
assert.deepEqual(await seenBy(laptop), { user: "42", cart: ["tea"] });

// A copied cookie is as good as the real one, until its session ends.
await steal(phone);
assert.deepEqual(await seenBy(thief), { user: "42" });
await laptop.get("/new-password");
assert.deepEqual(await seenBy(thief), {});
assert.deepEqual(await seenBy(phone), {});

await steal(laptop);
await laptop.get("/logout");
assert.deepEqual(await seenBy(thief), {});
console.log("A copied cookie is worth nothing after the logout.");

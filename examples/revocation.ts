// Sessions in cookies that can be ended: a store knows which of them live.
import assert from "node:assert/strict";
import { createSessions, encryptedCookie } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { MemoryStore } from "hipflask/stores/memory";

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

/** A browser: it keeps its cookie. */
class Browser {
  cookie = "";

  async ask(path: string): Promise<{ user?: string; cart?: string[] }> {
    const headers = { cookie: this.cookie };
    const response = await handle(new Request(`https://example.com${path}`, { headers }));
    const [given] = response.headers.getSetCookie();
    if (given !== undefined) this.cookie = given.split(";")[0]!;
    return (await response.json()) as { user?: string; cart?: string[] };
  }
}

const [laptop, phone, thief] = [new Browser(), new Browser(), new Browser()];
await laptop.ask("/cart");
for (const browser of [laptop, phone]) await browser.ask("/login");
assert.deepEqual(await laptop.ask("/"), { user: "42", cart: ["tea"] });

// A copied cookie is as good as the real one, until its session ends.
thief.cookie = phone.cookie;
assert.deepEqual(await thief.ask("/"), { user: "42" });
await laptop.ask("/new-password");
assert.deepEqual(await thief.ask("/"), {});
assert.deepEqual(await phone.ask("/"), {});

thief.cookie = laptop.cookie;
await laptop.ask("/logout");
assert.deepEqual(await thief.ask("/"), {});
console.log("A copied cookie is worth nothing after the logout.");

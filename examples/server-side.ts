// Sessions on the server: of what parallel requests write nothing is lost, and a counter counts exactly.
import assert from "node:assert/strict";
import { createSessions, serverSide } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";

const sessions = createSessions<{ count?: number; keys?: Record<string, number> }>({
  storage: serverSide(new MemoryStore()), // new RedisStore(redis) where there are several processes
  idleTimeout: 30 * 60,
});

const handle = webSessions(sessions, async (request) => {
  const session = await sessions.get(request);
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/count")
    await session.update((data) => {
      data.count = (data.count ?? 0) + 1;
    });
  if (pathname === "/set") {
    // Other requests set other keys meanwhile; none is lost.
    session.data.keys ??= {};
    await new Promise((resolve) => setTimeout(resolve, 5));
    session.data.keys[searchParams.get("key")!] = 1;
  }
  return Response.json(session.data);
});

const browser = new TestClient(handle);
await browser.get("/set?key=first");
await Promise.all(Array.from({ length: 20 }, (_, i) => browser.get(`/set?key=${i}`)));
await Promise.all(Array.from({ length: 100 }, () => browser.get("/count")));

const { count, keys } = await (await browser.get("/")).json();
assert.equal(count, 100);
assert.equal(Object.keys(keys).length, 21);
console.log("100 of 100 counted, 21 of 21 keys kept.");

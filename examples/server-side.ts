// Sessions on the server: parallel requests lose nothing, and a logout is final.
import assert from "node:assert/strict";
import { createSessions, serverSide } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { MemoryStore } from "hipflask/stores/memory";

const sessions = createSessions<{ count?: number; keys?: Record<string, number> }>({
  storage: serverSide(new MemoryStore()),
  idleTimeout: 30 * 60,
});

const handle = webSessions(sessions, async (request) => {
  const session = await sessions.get(request);
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/count":
      await session.update((data) => {
        data.count = (data.count ?? 0) + 1;
      });
      break;
    case "/set":
      // Other requests set other keys meanwhile; none is lost.
      session.data.keys ??= {};
      await new Promise((resolve) => setTimeout(resolve, 5));
      session.data.keys[searchParams.get("key")!] = 1;
      break;
    case "/login":
      await session.regenerate({ user: "42", device: "an example" });
      break;
    case "/logout-everywhere":
      await sessions.forUser("42").revokeAll();
      break;
    default:
  }
  return Response.json({ ...session.data, user: session.user });
});

let cookie = "";
interface Answer {
  readonly count?: number;
  readonly keys?: Record<string, number>;
  readonly user?: string;
}

async function ask(path: string): Promise<Answer> {
  const response = await handle(new Request(`https://example.com${path}`, { headers: { cookie } }));
  const [given] = response.headers.getSetCookie();
  if (given !== undefined) cookie = given.split(";")[0]!;
  return (await response.json()) as Answer;
}

await ask("/set?key=first");
await Promise.all(Array.from({ length: 20 }, (_, i) => ask(`/set?key=${i}`)));
await Promise.all(Array.from({ length: 100 }, () => ask("/count")));
await ask("/login");
const session = await ask("/");
assert.equal(session.count, 100);
assert.equal(Object.keys(session.keys!).length, 21);
assert.equal(session.user, "42");

const [device] = await sessions.forUser("42").list();
console.log("logged in since", device!.createdAt, "on", device!.device);

await ask("/logout-everywhere");
assert.deepEqual(await ask("/"), {});

// Seeing what happens: typed events with their reasons, for a log or for counters.
import assert from "node:assert/strict";
import { createSessions, type EventType } from "hipflask";
import { webSessions } from "hipflask/adapters/web";

const sessions = createSessions({
  secretKey: process.env.SECRET_KEY ?? "Kq3v-Jb7wXz1Rn5tYc9pLm2s-for-an-example",
});

const counts = new Map<EventType, number>();
sessions.on("*", ({ type, message }) => {
  counts.set(type, (counts.get(type) ?? 0) + 1);
  console.log(`${type}: ${message}`);
});

const handle = webSessions(sessions, async (request) => {
  const session = await sessions.get(request);
  session.data.seen = true;
  return new Response();
});

const url = "https://example.com/";
const response = await handle(new Request(url));
const cookie = response.headers.getSetCookie()[0]!.split(";")[0]!;
const tampered = cookie.slice(0, -5) + (cookie.at(-5) === "A" ? "B" : "A") + cookie.slice(-4);
await handle(new Request(url, { headers: { Cookie: tampered } }));

assert.deepEqual(
  [...counts],
  [
    ["session.created", 2],
    ["token.bad_mac", 1],
  ],
);

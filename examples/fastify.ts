// Fastify: a typed session with defaults by a schema, and a cookie beside it.
import assert from "node:assert/strict";
import { fastify } from "fastify";
import { cookies, createSessions } from "hipflask";
import { fastifySessions } from "hipflask/adapters/fastify";
import { z } from "zod";

const sessions = createSessions({
  secretKey: process.env.SECRET_KEY ?? "Kq3v-Jb7wXz1Rn5tYc9pLm2s-for-an-example",
  schema: z.object({ visits: z.number().default(0) }),
});

const app = fastify();
app.register(fastifySessions(sessions));
app.get("/", async (request) => {
  const session = await sessions.get(request);
  session.data.visits += 1;
  cookies(request).set("seen", "yes", { maxAge: 60 });
  return { visits: session.data.visits };
});

const first = await app.inject("/");
const cookie = [first.headers["set-cookie"]].flat().map((line) => line!.split(";")[0]);
assert.deepEqual(cookie.map((pair) => pair!.split("=")[0]).toSorted(), ["seen", "session"]);
const second = await app.inject({ url: "/", headers: { cookie: cookie.join("; ") } });
assert.deepEqual(second.json(), { visits: 2 });
console.log(second.json());
await app.close();

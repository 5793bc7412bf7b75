// Leaving tokens: sessions that were a JWT in a cookie become sessions of ours as their visitors come, and nobody is logged out.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createSessions, serverSide } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { acceptJwt } from "hipflask/migrate";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";

const JWT_SECRET = "the secret of yesterday's tokens, which is long enough";

/** Yesterday's login. */
function token(claims: object): string {
  const [head, body] = [{ alg: "HS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const code = createHmac("sha256", JWT_SECRET).update(`${head}.${body}`).digest("base64url");
  return `${head}.${body}.${code}`;
}

const sessions = createSessions<{ theme?: string }>({
  storage: serverSide(new MemoryStore()),
  accept: [
    acceptJwt({
      cookie: "token",
      algorithm: "HS256",
      key: JWT_SECRET,
      data: ({ purpose, theme }) => (purpose === "login" ? { theme } : undefined),
    }),
  ],
});

const app = webSessions(sessions, async (request) => {
  const session = await sessions.get(request);
  if (request.method === "DELETE") await session.destroy();
  return Response.json({ user: session.user ?? null, theme: session.data.theme ?? null });
});

const ADA = { user: "ada", theme: "dark" };
const NOBODY = { user: null, theme: null };
const soon = Math.floor(Date.now() / 1000) + 3600;
const login = token({ sub: "ada", purpose: "login", theme: "dark", exp: soon });

const visitor = new TestClient(app);
await visitor.setCookie("token", login);
assert.deepEqual(await (await visitor.get("/")).json(), ADA);
assert.equal(await visitor.cookie("token"), undefined); // its place is taken
assert.deepEqual(await (await visitor.get("/")).json(), ADA);
assert.equal((await sessions.forUser("ada").list()).length, 1);

// A token could not be revoked. Its session can, and the token does not bring it back.
await visitor.delete("/");
for (const bad of [login, token({ sub: "ada", purpose: "reset", exp: soon }), `${login.slice(0, -3)}AAA`]) {
  const thief = new TestClient(app);
  await thief.setCookie("token", bad);
  assert.deepEqual(await (await thief.get("/")).json(), NOBODY);
}

console.log("The token has become a session, and a logout ended it for good.");

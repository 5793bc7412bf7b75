// node:http without a framework, and a typed session with defaults by a schema.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSessions } from "hipflask";
import { nodeSessions } from "hipflask/adapters/node";
import { z } from "zod";

const sessions = createSessions({
  secretKey: process.env.SECRET_KEY ?? "Kq3v-Jb7wXz1Rn5tYc9pLm2s-for-an-example",
  schema: z.object({ cart: z.array(z.string()).default([]) }),
  idleTimeout: 30 * 60,
});

const server = createServer(
  nodeSessions(sessions, async (request, response) => {
    const session = await sessions.get(request);
    if (request.method === "POST") session.data.cart.push(request.url!.slice(1));
    response.end(session.data.cart.join(", "));
  }),
);

await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

let cookie = "";
for (const item of ["tea", "milk"]) {
  const response = await fetch(`${url}/${item}`, { method: "POST", headers: { cookie } });
  [cookie = ""] = response.headers.getSetCookie()[0]!.split(";");
}
assert.equal(await (await fetch(url, { headers: { cookie } })).text(), "tea, milk");
console.log("tea, milk");
server.close();

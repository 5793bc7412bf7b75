// Koa: the session of the request that is being answered, deep in code that knows nothing of Koa.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSessions } from "hipflask";
import { koaSessions } from "hipflask/adapters/koa";
import Koa from "koa";

const sessions = createSessions<{ cart?: string[] }>({
  secretKey: process.env.SECRET_KEY ?? "Kq3v-Jb7wXz1Rn5tYc9pLm2s-for-an-example",
});

async function addToCart(item: string): Promise<string[]> {
  const { data } = await sessions.current();
  data.cart ??= [];
  data.cart.push(item);
  return data.cart;
}

const app = new Koa();
app.use(koaSessions(sessions));
app.use(async (ctx) => {
  ctx.body = await addToCart(ctx.path.slice(1));
});

const server = createServer(app.callback());
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

let cookie = "";
let cart: unknown;
for (const item of ["tea", "milk"]) {
  const response = await fetch(`${url}/${item}`, { headers: { cookie } });
  [cookie = ""] = response.headers.getSetCookie()[0]!.split(";");
  cart = await response.json();
}
assert.deepEqual(cart, ["tea", "milk"]);
console.log(cart);
server.close();

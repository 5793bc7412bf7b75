/** An application of express-session's, with another first line: ten parallel requests, and nothing is lost. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import session from "hipflask/express-session";

const app = express();
app.use(session({ secret: "q8Zr2Vn6Yw0Xb4Tc1Lf7Pd9Hs5Kj3Mg", resave: false, saveUninitialized: false }));

app.post("/cart/:item", (req, res) => {
  Object.assign(req.session, { [req.params.item]: 1 });
  res.redirect("/cart");
});
app.get("/cart", (req, res) => {
  const { cookie: _, ...cart } = req.session;
  res.json(cart);
});

const server = app.listen(0);
await once(server, "listening");
const origin = `http://localhost:${(server.address() as AddressInfo).port}`;

const first = await fetch(`${origin}/cart/apple`, { method: "POST", redirect: "manual" });
const Cookie = first.headers.getSetCookie()[0]!.split(";")[0]!;
const items = Array.from({ length: 10 }, (_, i) => `item${i}`);
await Promise.all(
  items.map((item) => fetch(`${origin}/cart/${item}`, { method: "POST", headers: { Cookie } })),
);
const cart = (await (await fetch(`${origin}/cart`, { headers: { Cookie } })).json()) as object;
assert.deepEqual(new Set(Object.keys(cart)), new Set(["apple", ...items]));
console.log(`${Object.keys(cart).length} items in the cart`);
server.close();

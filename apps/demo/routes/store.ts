import { type CookieJar, cookies, type SessionManager } from "hipflask";
import type { Dict } from "hipflask/codec";
import { Hono } from "hono";
import { PLAIN_COOKIES } from "../plain-cookies.ts";

interface Product {
  readonly name: string;
  /** In whole euros. */
  readonly price: number;
}

const PRODUCTS: ReadonlyMap<string, Product> = new Map([
  ["flask", { name: "Hip flask, brushed steel", price: 39 }],
  ["mouse", { name: "Clockwork mouse", price: 12 }],
  ["crumbs", { name: "Bag of cookie crumbs", price: 3 }],
  ["moon", { name: "Moon to say goodnight to", price: 45 }],
  ["muesli", { name: "Knuspermüsli, 500 g", price: 6 }],
  ["doormat", { name: "Doormat “Grüß Gott”", price: 18 }],
]);

/** Item to quantity. */
type Cart = Record<string, number>;

/**
 * An online store that keeps the customer's total twice: in the plain cookie `total`, which it believes whatever the
 * customer wrote there, and in the session, which only the store can write.
 */
export function storeRoutes(sessions: SessionManager): Hono {
  const app = new Hono();

  app.get("/store", async (c) => {
    const { data } = await sessions.get(c);
    return c.json({
      products: [...PRODUCTS].map(([item, product]) => ({ item, ...product })),
      cart: cartLines(cartIn(data)),
      totals: { cookie: totalInCookie(cookies(c)), session: totalIn(data) },
    });
  });

  app.post("/store/buy/:item", async (c) => {
    const item = c.req.param("item");
    const product = PRODUCTS.get(item);
    if (product === undefined) {
      return c.json({ error: "The store has no such item.", known_items: [...PRODUCTS.keys()] }, 404);
    }
    const session = await sessions.get(c);
    const jar = cookies(c);
    let cart: Cart = {};
    const totals = { cookie: totalInCookie(jar) + product.price, session: 0 };
    await session.update((data) => {
      cart = cartIn(data);
      cart[item] = (cart[item] ?? 0) + 1;
      totals.session = totalIn(data) + product.price;
      data.cart = cart;
      data.total = totals.session;
    });
    jar.set("total", String(totals.cookie), PLAIN_COOKIES.total);
    return c.json({ bought: product.name, cart: cartLines(cart), totals });
  });

  app.post("/store/checkout", async (c) => {
    const session = await sessions.get(c);
    const jar = cookies(c);
    const pay = { by_cookie: totalInCookie(jar), by_session: 0 };
    await session.update((data) => {
      pay.by_session = totalIn(data);
      delete data.cart;
      delete data.total;
    });
    jar.delete("total", PLAIN_COOKIES.total);
    return c.json({ pay, message: verdict(pay.by_cookie, pay.by_session) });
  });

  return app;
}

/** What the customer says. This is the mistake that the store is there to show. */
function totalInCookie(jar: CookieJar): number {
  const total = Number(jar.get("total") ?? 0);
  return Number.isFinite(total) ? total : 0;
}

function totalIn(data: Dict): number {
  return Number(data["total"]) || 0;
}

/** A Flask application with the same key may have written anything; what is no cart of ours is left out. */
function cartIn(data: Dict): Cart {
  const lines = Object.entries((data["cart"] ?? {}) as Cart);
  return Object.fromEntries(
    lines.filter(([item, quantity]) => PRODUCTS.has(item) && Number.isSafeInteger(quantity)),
  );
}

function cartLines(cart: Cart): (Product & { item: string; quantity: number })[] {
  return Object.entries(cart).map(([item, quantity]) => ({ item, ...PRODUCTS.get(item)!, quantity }));
}

const euros = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "EUR",
  trailingZeroDisplay: "stripIfInteger",
});

function verdict(byCookie: number, bySession: number): string {
  if (byCookie === bySession) return `Both agree: you pay ${euros.format(bySession)}.`;
  return `By the plain cookie you pay ${euros.format(byCookie)}, by the session ${euros.format(bySession)}.`;
}

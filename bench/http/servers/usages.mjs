/** How each library's sessions are used, whatever they are kept in. */
import { promisify } from "node:util";
import { accessors, properties } from "./routes.mjs";

export const expressSessionUsage = properties({
  open: (request) => request.session,
  renew: ({ session }) => promisify(session.regenerate).call(session),
  end: ({ session }) => promisify(session.destroy).call(session),
});

export const cookieSessionUsage = properties({
  open: (request) => request.session,
  end: (request) => {
    request.session = null;
  },
});

/** `open` gives the session of a context. */
export function ironSessionUsage(open) {
  return properties({
    open,
    save: (session) => session.save(),
    end: async (context) => (await open(context)).destroy(),
  });
}

export const fastifySessionUsage = properties({
  open: (request) => request.session,
  renew: (request) => request.session.regenerate(),
  end: (request) => request.session.destroy(),
});

export const secureSessionUsage = accessors({
  open: (request) => request.session,
  renew: (request) => request.session.regenerate(),
  end: (request) => request.session.delete(),
});

export const koaSessionUsage = properties({
  open: (ctx) => ctx.session,
  renew: (ctx) => ctx.session.regenerate(),
  end: (ctx) => {
    ctx.session = null;
  },
});

export const honoSessionsUsage = accessors({
  open: (c) => c.get("session"),
  renew: (c) => c.set("session_key_rotation", true),
  end: (c) => c.get("session").deleteSession(),
});

/** @hono/session changes its sessions by functions alone. */
export const honoSessionUsage = {
  read: async (c, key) => (await c.var.session.get())?.[key],
  async change(c, key, next, pause) {
    const { session } = c.var;
    await session.get();
    await pause();
    await session.update((data) => ({ ...data, [key]: next(data?.[key]) }));
  },
  login: (c, user) => c.var.session.update((data) => ({ ...data, user })),
  async logout(c) {
    // Without it nothing would be deleted but the cookie.
    await c.var.session.get();
    c.var.session.delete();
  },
  async push(c, saving) {
    const data = await c.var.session.get();
    if (data?.cart === undefined) return c.var.session.update({ ...data, cart: { items: ["tea"] } });
    data.cart.items.push("tea");
    if (saving) await c.var.session.update(data);
  },
};

/** `open` gives H3's session of an event. */
export function h3Usage(open) {
  return accessors({
    open,
    get: (session, key) => session.data[key],
    set: (session, key, value) => {
      session.data[key] = value;
    },
    save: (session) => session.update(session.data),
    async end(event) {
      await (await open(event)).clear();
    },
  });
}

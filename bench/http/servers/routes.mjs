/** What every server with sessions does beside `/count`, where it makes no difference how fast. */
import { setTimeout as delay } from "node:timers/promises";

/**
 * How a library is used. The context is what a request is for it.
 *
 * @typedef {object} Usage
 * @property {(context: any, key: string) => unknown} read
 * @property {(context: any, key: string, next: (value: any) => unknown, pause: () => Promise<void>) => Promise<void>} change
 *   reads a value, works for a while, and writes what follows from it
 * @property {Usage["change"]} [changeExactly] the same by what the library has for values that depend on what was there
 * @property {(context: any, user: string) => Promise<void>} login under a new ID, where the library has such a thing
 * @property {(context: any) => unknown} logout
 * @property {(context: any, saving: boolean) => Promise<void>} [push] adds to a list inside of what the session holds; `saving`
 *   by the call that the library has for changes that it does not see
 */

/** Answers a request by its path. Parameters: `key`, `value`, and `wait`, milliseconds between reading and writing. */
export function routes({ read, change, changeExactly = change, login, logout }) {
  const handlers = {
    "/untouched": () => undefined,
    "/read": async (context, { key, wait }) => {
      const value = await read(context, key);
      await pauseOf(wait)();
      return value;
    },
    "/set": (context, { key, value = "", wait }) => change(context, key, () => value, pauseOf(wait)),
    "/add": (context, { wait }) => changeExactly(context, "n", (n) => (n ?? 0) + 1, pauseOf(wait)),
    "/login": (context) => login(context, "4711"),
    "/logout": (context) => logout(context),
  };
  return async (url, context) => {
    const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
    const value = await handlers[pathname](context, Object.fromEntries(searchParams));
    return { value: value ?? null };
  };
}

function pauseOf(wait = "0") {
  return async () => {
    if (wait !== "0") await delay(Number(wait));
  };
}

/** hipflask's sessions, of a manager. */
export function managed(sessions) {
  return {
    read: async (context, key) => (await sessions.get(context)).data[key],
    async change(context, key, next, pause) {
      const { data } = await sessions.get(context);
      const value = data[key];
      await pause();
      data[key] = next(value);
    },
    async changeExactly(context, key, next, pause) {
      const session = await sessions.get(context);
      await pause();
      await session.update((data) => {
        data[key] = next(data[key]);
      });
    },
    async login(context, user) {
      const session = await sessions.get(context);
      session.data.user = user;
      await session.regenerate({ user });
    },
    logout: async (context) => (await sessions.get(context)).destroy(),
    async push(context) {
      const { data } = await sessions.get(context);
      data.cart ??= { items: [] };
      data.cart.items.push("tea");
    },
  };
}

/**
 * Sessions of other libraries: `open` gives the session, which `save` stores where that does not happen by itself, `renew`
 * gives a new ID, and `end` ends. Values are read and written by `get` and `set`.
 */
export function accessors({
  open,
  get = (session, key) => session.get(key),
  set = (session, key, value) => session.set(key, value),
  save = () => {},
  renew = () => {},
  end,
}) {
  return {
    read: async (context, key) => get(await open(context), key),
    async change(context, key, next, pause) {
      const session = await open(context);
      const value = get(session, key);
      await pause();
      await set(session, key, next(value));
      await save(session, context);
    },
    async login(context, user) {
      await renew(context);
      const session = await open(context);
      await set(session, "user", user);
      await save(session, context);
    },
    logout: end,
    async push(context, saving) {
      const session = await open(context);
      const cart = get(session, "cart");
      if (cart) cart.items.push("tea");
      else await set(session, "cart", { items: ["tea"] });
      if (saving || !cart) await save(session, context);
    },
  };
}

/** Sessions whose values are properties. */
export function properties(ways) {
  return accessors({
    ...ways,
    get: (session, key) => session[key],
    set: (session, key, value) => {
      session[key] = value;
    },
  });
}

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
 */

/** Answers a request by its path. Parameters: `key`, `value`, and `wait`, milliseconds between reading and writing. */
export function routes({ read, change, changeExactly = change, login, logout }) {
  const handlers = {
    "/untouched": () => undefined,
    "/read": (context, { key }) => read(context, key),
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
  };
}

/** Sessions whose values are properties: `open` gives the session, which `renew` gives a new ID and `end` ends. */
export function properties({ open, save = () => {}, renew = () => {}, end }) {
  return {
    read: async (context, key) => (await open(context))[key],
    async change(context, key, next, pause) {
      const session = await open(context);
      const value = session[key];
      await pause();
      session[key] = next(value);
      await save(session);
    },
    async login(context, user) {
      await renew(context);
      const session = await open(context);
      session.user = user;
      await save(session);
    },
    logout: end,
  };
}

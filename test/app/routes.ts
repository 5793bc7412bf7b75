import { setTimeout as sleep } from "node:timers/promises";
import { ReadableStream } from "node:stream/web";
import { subscribe } from "node:diagnostics_channel";
import {
  cookies,
  type CookieAttributes,
  ConfigError,
  HipflaskError,
  type Session,
  type SessionManager,
  STORE_CHANNEL,
  StoreError,
  type StoreCall,
  type UserSessions,
} from "hipflask";
import type { Login } from "hipflask/login";
import { answer, type Call, failure, RequestError } from "./call.ts";
import { loginRoute, type User } from "./login-routes.ts";

type Data = Record<string, unknown>;

/** What the routes need to know of the process. */
export interface Process {
  readonly sessions: SessionManager<Data>;
  /** Default: none, and no routes under /auth. */
  readonly login?: Login<User>;
  /** How many unhandled rejections and uncaught exceptions there were. */
  unhandled(): number;
}

type Route = (call: Call, session: () => Promise<Session<Data>>, key: string) => Response | Promise<Response>;

const DONE = { ok: true };

/** The conformance app: from a request to its answer, with the session's middleware already around it. */
export function conformanceRoutes({
  sessions,
  login,
  unhandled,
}: Process): (call: Call) => Promise<Response> {
  const events: Record<string, number> = {};
  sessions.on("*", ({ type }) => {
    events[type] = (events[type] ?? 0) + 1;
  });
  const store: Record<string, number> = { create: 0, load: 0, save: 0, replace: 0, touch: 0, delete: 0 };
  subscribe(STORE_CHANNEL, (message) => {
    const { operation } = message as StoreCall;
    store[operation] = (store[operation] ?? 0) + 1;
  });
  const stats: Route = () => {
    return answer({ store, events, rss: process.memoryUsage().rss, unhandled: unhandled() });
  };
  const user = ({ query }: Call): string => {
    const name = query.get("user");
    if (name === null || name === "") throw new RequestError(400, "user is missing");
    return name;
  };
  /** What is done with all sessions of a user, where they are in a store, and in one that can. */
  const withAll = async <T>(call: Call, work: (all: UserSessions) => Promise<T>): Promise<T> => {
    try {
      return await work(sessions.forUser(user(call)));
    } catch (error) {
      if (error instanceof ConfigError) throw new RequestError(501, error.message);
      throw error;
    }
  };
  const routes: ReadonlyMap<string, Route> = new Map(
    Object.entries({
      ...ROUTES,
      "GET /stats": stats,
      "POST /logout-all": async (call: Call) =>
        answer({ ended: await withAll(call, (all) => all.revokeAll()) }),
      "GET /sessions": async (call: Call) => {
        const list = await withAll(call, (all) => all.list());
        return answer(
          list.map(({ createdAt, lastSeenAt, device = null }) => ({ createdAt, lastSeenAt, device })),
        );
      },
    }),
  );

  return async (call) => {
    try {
      const [, name = "", ...rest] = call.path.split("/");
      const method = call.method === "HEAD" ? "GET" : call.method;
      if (name === "auth" && login !== undefined)
        return await loginRoute(login, method, rest.join("/"), call);
      const route = routes.get(`${method} /${name}${rest.length > 0 ? "/:key" : ""}`);
      if (route === undefined) throw new RequestError(404, "There is no such route");
      return await route(call, () => sessions.get(call.context), decodeKey(rest.join("/")));
    } catch (error) {
      // A store that does not work is the adapter's to answer for.
      if (error instanceof StoreError) throw error;
      return failure(error);
    }
  };
}

const ROUTES: Readonly<Record<string, Route>> = {
  "GET /nop": () => answer(DONE),

  "GET /data/:key": async (_, session, key) => {
    const { data } = await session();
    if (!Object.hasOwn(data, key)) throw new RequestError(404, "There is no such key");
    return answer(data[key]);
  },
  "PUT /data/:key": async (call, session, key) => {
    const value = await json(call);
    put((await session()).data, key, value);
    return answer(DONE);
  },
  "DELETE /data/:key": async (_, session, key) => {
    delete (await session()).data[key];
    return answer(DONE);
  },
  "GET /dump": async (_, session) => answer((await session()).data),
  "GET /keys": async (_, session) => answer(Object.keys((await session()).data)),
  "GET /me": async (_, session) => {
    const { user = null, new: isNew, permanent } = await session();
    return answer({ user, new: isNew, permanent });
  },
  "POST /merge": async (call, session) => {
    const values = await json(call);
    if (typeof values !== "object" || values === null || Array.isArray(values))
      throw new RequestError(400, "The body must be a JSON object");
    const { data } = await session();
    for (const [key, value] of Object.entries(values)) put(data, key, value);
    return answer(DONE);
  },
  "POST /push/:key": async (_, session, key) => {
    const { data } = await session();
    if (!Object.hasOwn(data, key)) put(data, key, []);
    const list = data[key];
    if (!Array.isArray(list)) throw new RequestError(400, "There is no array at this key");
    list.push(1);
    return answer({ value: list });
  },
  "POST /incr/:key": async ({ query }, session, key) => {
    const current = await session();
    await sleep(milliseconds(query));
    return answer({ value: await increment(current, key) });
  },

  "GET /slow": async ({ query }, session) => {
    const current = await session();
    const key = query.get("key") ?? "slow";
    const op = SLOW.get(query.get("op") ?? "read");
    if (op === undefined) throw new RequestError(400, `op must be one of ${[...SLOW.keys()].join(" ")}`);
    void current.data[key];
    await sleep(milliseconds(query));
    return answer({ value: (await op(current, key)) ?? null });
  },

  "POST /login": async ({ query }, session) => {
    const user = query.get("user") ?? "";
    if (user === "") throw new RequestError(400, "user is missing");
    const current = await session();
    const permanent = query.get("permanent");
    if (permanent !== null) current.permanent = permanent === "1" || permanent === "true";
    await current.regenerate({ user });
    return answer(DONE);
  },
  "POST /logout": async (_, session) => {
    await (await session()).destroy();
    return answer(DONE);
  },
  "POST /regenerate": async (_, session) => {
    await (await session()).regenerate();
    return answer(DONE);
  },
  "POST /flash": async ({ query }, session) => {
    (await session()).flash(query.get("message") ?? "", query.get("category") ?? undefined);
    return answer(DONE);
  },
  "GET /flashes": async (_, session) => answer((await session()).flashes()),

  "GET /redirect": async (_, session) => {
    (await session()).data["redirected"] = true;
    return new Response(null, { status: 302, headers: { Location: "/dump" } });
  },
  "GET /stream": async (_, session) => {
    const current = await session();
    return new Response(ReadableStream.from(chunks(current)) as unknown as BodyInit, {
      headers: { "Content-Type": "text/plain" },
    });
  },

  "GET /cookie/:key": ({ context }, _, name) => {
    const value = cookies(context).get(name);
    if (value === undefined) throw new RequestError(404, "There is no such cookie");
    return answer({ value });
  },
  "POST /set-cookie": async (call) => {
    const { name, value, attributes, delete: isDeletion } = ((await json(call)) ?? {}) as Data;
    const jar = cookies(call.context);
    if (isDeletion === true) jar.delete(name as string, cookieAttributes(attributes));
    else jar.set(name as string, value as string, cookieAttributes(attributes));
    return answer(DONE);
  },
};

const SLOW: ReadonlyMap<string, (session: Session<Data>, key: string) => unknown> = new Map(
  Object.entries({
    read: (session: Session<Data>, key: string) =>
      Object.hasOwn(session.data, key) ? session.data[key] : undefined,
    write: (session: Session<Data>, key: string) => put(session.data, key, "written"),
    update: increment,
    regenerate: (session: Session<Data>) => session.regenerate(),
    flash: (session: Session<Data>, key: string) => session.flash(key),
  }),
);

/** The second chunk is made when somebody asked for more than the first one, so the headers are gone by then. */
async function* chunks(session: Session<Data>): AsyncGenerator<Uint8Array> {
  const utf8 = new TextEncoder();
  yield utf8.encode("first\n");
  try {
    session.data["streamed"] = true;
    yield utf8.encode("WRITTEN\n");
  } catch (error) {
    yield utf8.encode(error instanceof HipflaskError ? error.code : "INTERNAL");
  }
}

async function increment(session: Session<Data>, key: string): Promise<unknown> {
  let value: unknown;
  await session.update((data) => {
    const before = Object.hasOwn(data, key) ? data[key] : 0;
    if (typeof before !== "number" && typeof before !== "bigint")
      throw new RequestError(400, "There is no number at this key");
    value = typeof before === "bigint" ? before + 1n : before + 1;
    put(data, key, value);
  });
  return value;
}

/** Sets a key of any name; an assignment would take `__proto__` for something else. */
function put(data: Data, key: string, value: unknown): void {
  Object.defineProperty(data, key, { value, writable: true, enumerable: true, configurable: true });
}

async function json(call: Call): Promise<unknown> {
  const text = await call.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError(400, "The body is not JSON");
  }
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RequestError(400, "The path is not UTF-8");
  }
}

function milliseconds(query: URLSearchParams): number {
  return Number(query.get("ms") ?? 0);
}

/** `expires` as JSON has it: an ISO date, or seconds since 1970. */
function cookieAttributes(attributes: unknown): CookieAttributes {
  const { expires, ...rest } = (attributes ?? {}) as Data;
  if (expires === undefined) return rest;
  return { ...rest, expires: new Date(typeof expires === "number" ? expires * 1000 : String(expires)) };
}

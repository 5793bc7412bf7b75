import {
  acceptCookieSession,
  acceptExpressSession,
  acceptHonoSessions,
  acceptIronSession,
  acceptSecureSession,
} from "../../src/migrate/index.ts";
import { toExpressStore } from "../../src/express-session/index.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { expressApp, fetchApp, library, type OldApp } from "./libraries.ts";
import { migrationSuite } from "./suite.ts";

const OLD = "an old key that has 32 characters and more";
const OTHER = "another key that has 32 characters and more";
const user = (data: { userId?: string }): string | undefined => data.userId;

async function cookieSession(keys: string[]): Promise<OldApp> {
  const { default: session } = await library("cookie-session");
  return expressApp(session({ keys, secure: false, httpOnly: true }));
}

migrationSuite({
  library: "cookie-session",
  app: () => cookieSession([OLD]),
  otherKey: () => cookieSession([OTHER]),
  accept: () => acceptCookieSession({ keys: ["newer", OLD], user }),
  permanent: false,
});

async function expressSession(secret: string, store: unknown): Promise<OldApp> {
  const { default: session } = await library("express-session");
  return expressApp(
    session({ secret, store, resave: false, saveUninitialized: false, cookie: { maxAge: 3_600_000 } }),
  );
}

for (const [title, make] of [
  [
    "express-session, its own MemoryStore",
    async () => new (await library("express-session")).default.MemoryStore(),
  ],
  ["express-session, with toExpressStore of a store of ours", async () => toExpressStore(new MemoryStore())],
] as const) {
  let store: Promise<any> | undefined;
  const theStore = (): Promise<any> => (store ??= make());
  migrationSuite({
    library: title,
    app: async () => expressSession(OLD, await theStore()),
    otherKey: async () => expressSession(OTHER, await theStore()),
    accept: async () => acceptExpressSession({ secret: ["newer", OLD], store: await theStore(), user }),
    permanent: true,
  });
}

async function secureSession(options: object): Promise<OldApp> {
  const [{ default: fastify }, { default: plugin }] = [
    await library("fastify"),
    await library("@fastify/secure-session"),
  ];
  const app = fastify();
  await app.register(plugin, { cookie: { path: "/" }, ...options });
  app.post("/", async (request: any) => {
    for (const [key, value] of Object.entries(request.body)) request.session.set(key, value);
    return request.session.data();
  });
  app.get("/", async (request: any) => request.session.data());
  return {
    async send(method, cookie, body) {
      const answer = await app.inject({
        method,
        url: "/",
        headers: { cookie },
        ...(body && { payload: body }),
      });
      return { setCookies: [answer.headers["set-cookie"] ?? []].flat(), body: answer.json() };
    },
    close: () => app.close(),
  };
}

const [KEY_A, KEY_B] = [Buffer.alloc(32, "a"), Buffer.alloc(32, "b")];

migrationSuite({
  library: "@fastify/secure-session, by its key",
  app: () => secureSession({ key: KEY_A }),
  otherKey: () => secureSession({ key: KEY_B }),
  accept: async () =>
    acceptSecureSession({
      sodium: (await library("sodium-native")).default,
      key: [Buffer.alloc(32, "c"), KEY_A.toString("base64")],
      user,
    }),
  ends: 86_401,
  permanent: false,
});

migrationSuite({
  library: "@fastify/secure-session, by its secret and salt",
  app: () => secureSession({ secret: OLD, salt: "mq9hDxBVDbspDR6n", expiry: 600 }),
  otherKey: () => secureSession({ secret: OTHER, salt: "mq9hDxBVDbspDR6n", expiry: 600 }),
  accept: async () =>
    acceptSecureSession({
      sodium: (await library("sodium-native")).default,
      secret: OLD,
      salt: "mq9hDxBVDbspDR6n",
      expiry: 600,
      user,
    }),
  ends: 600,
  permanent: false,
});

async function ironSession(name: string, options: object): Promise<OldApp> {
  const { getIronSession } = await library(name);
  return fetchApp(async (request) => {
    const response = new Response();
    const session = await getIronSession(request, response, { cookieName: "app", ...options });
    if (request.method === "POST") {
      Object.assign(session, await request.json());
      await session.save();
    }
    return Response.json(session, response);
  });
}

for (const [release, name] of [
  ["9", "iron-session"],
  ["8", "iron-session8"],
] as const) {
  migrationSuite({
    library: `iron-session ${release}`,
    app: () => ironSession(name, { password: { 1: OTHER, 2: OLD }, ttl: 3600 }),
    otherKey: () => ironSession(name, { password: { 2: OTHER }, ttl: 3600 }),
    accept: () => acceptIronSession({ cookie: "app", password: { 2: OLD }, user }),
    ends: 3660,
    unprotected: /~\d+$/,
    permanent: true,
  });
}

async function honoSessions(make: (library: any) => object): Promise<OldApp> {
  const [{ Hono }, sessions] = [await library("hono"), await library("hono-sessions")];
  const app = new Hono().use("*", sessions.sessionMiddleware(make(sessions)));
  const all = (session: any): object =>
    Object.fromEntries(Object.entries<any>(session.getCache()._data).map(([key, { value }]) => [key, value]));
  app.get("/", (c: any) => c.json(all(c.get("session"))));
  app.post("/", async (c: any) => {
    for (const [key, value] of Object.entries(await c.req.json())) c.get("session").set(key, value);
    return c.json(all(c.get("session")));
  });
  return fetchApp((request) => app.fetch(request));
}

const cookieStore =
  (encryptionKey: string) =>
  ({ CookieStore }: any) => ({
    store: new CookieStore(),
    encryptionKey,
    expireAfterSeconds: 900,
    cookieOptions: { path: "/", httpOnly: true },
  });

migrationSuite({
  library: "hono-sessions, its CookieStore",
  app: () => honoSessions(cookieStore(OLD)),
  otherKey: () => honoSessions(cookieStore(OTHER)),
  accept: () => acceptHonoSessions({ encryptionKey: OLD, user }),
  ends: 900,
  permanent: false,
});

let honoStore: Promise<any> | undefined;
const theHonoStore = () =>
  (honoStore ??= library("hono-sessions").then(({ MemoryStore: Memory }) => new Memory()));
const inStore = (encryptionKey: string) => async () => {
  const store = await theHonoStore();
  return honoSessions(() => ({
    store,
    encryptionKey,
    expireAfterSeconds: 900,
    cookieOptions: { path: "/" },
  }));
};

migrationSuite({
  library: "hono-sessions, a store with sealed IDs",
  app: inStore(OLD),
  otherKey: inStore(OTHER),
  accept: async () => acceptHonoSessions({ encryptionKey: OLD, store: await theHonoStore(), user }),
  ends: 900,
  permanent: false,
});

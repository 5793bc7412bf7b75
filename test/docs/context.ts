/** What the fragments of the pages take for granted: a block after `<!-- context: sessions, c -->` is given these names, as they are in a request. */
import { strict as assert } from "node:assert";
import { createServer, type RequestListener } from "node:http";
import { RedisStore } from "connect-redis";
import express, { type Express } from "express";
import Fastify from "fastify";
import { cookies, createSessions, type SessionManager, serverSide, type SessionStore } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { honoSessions } from "hipflask/adapters/hono";
import { webSessions } from "hipflask/adapters/web";
import { createLogin } from "hipflask/login";
import { makeSecretKey } from "hipflask/signer";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";
import { type Context as HonoContext, Hono } from "hono";
import type { HTTPResponseError } from "hono/types";
import { MongoClient } from "mongodb";
import { Pool } from "pg";
import { createClient } from "redis";
import { type Own, playwright, supertest, wss } from "./others.ts";

/** The databases, by the page of docs/stores that is about them. */
export type Urls = Readonly<Record<"redis" | "postgres" | "mysql" | "mongodb", string>>;

/** What fragments are given, and run with. */
export type Given = Awaited<ReturnType<Setting["given"]>>;

/** All that a fragment may take for granted. */
export type Context = Given & Own;

interface User {
  readonly id: string;
}

const USERS = new Map<string, User>([["ada", { id: "ada" }]]);

async function userWith(name: unknown, password: unknown): Promise<User | undefined> {
  return password === "correct horse" ? USERS.get(String(name)) : undefined;
}

/** Whatever is logged where nothing is to go wrong is what went wrong. */
function log(error: unknown): void {
  throw error;
}

/** The databases' clients, which fragments share, and what each fragment is given of its own. */
export class Setting {
  readonly #urls: Urls;
  readonly #clients;

  constructor(urls: Urls) {
    this.#urls = urls;
    this.#clients = {
      redis: createClient({ url: urls.redis }).on("error", log),
      pool: new Pool({ connectionString: urls.postgres }).on("error", log),
      mongodb: new MongoClient(urls.mongodb),
    };
  }

  /** Before the first fragment. */
  async open(): Promise<void> {
    await this.#clients.redis.connect();
  }

  /** The database that a page is about. */
  urlFor(page: string): string {
    const name = /^docs\/stores\/(\w+)\.md$/.exec(page)?.[1];
    return this.#urls[name as keyof Urls] ?? this.#urls.redis;
  }

  /** Calls `work` in a request of somebody who is logged in, was here before, and likes it dark. */
  async visit(page: string, work: (given: Given) => Promise<void>): Promise<void> {
    const store = new MemoryStore();
    // Data of any shape, in whose place an application has its own; a name of its own, because a fragment may make the application's sessions.
    const sessions = createSessions<any>({ storage: serverSide(store), cookie: { name: "context" } });
    const site = new Hono().use(honoSessions(sessions)).onError(log as () => never);
    site.get("/", async (c) => {
      await work(await this.given(c, sessions, store, page));
      return c.text("Done");
    });
    const client = new TestClient(site);
    await client.sessionTransaction(sessions, async (session) => {
      Object.assign(session.data, { count: 1, cart: ["milk"], log: [] });
      session.flash("Hello", "info");
      await session.regenerate({ user: "ada" });
    });
    await client.setCookie("theme", "dark");
    assert.equal((await client.get("/")).status, 200);
  }

  async given(c: HonoContext, sessions: SessionManager<any>, store: MemoryStore, page: string) {
    const { redis } = this.#clients;
    const db = { users: { find: async (id: string) => USERS.get(id) } };
    const app = new Hono().onError(answerOrThrow);
    app.use(honoSessions(sessions));
    const fastify = Fastify();
    await fastify.register(fastifySessions(sessions));
    const showCart = async (request: Request) => Response.json((await sessions.get(request)).data.cart);
    return {
      ...this.#clients,
      assert,
      app,
      c,
      db,
      fastify,
      log,
      sessions,
      showCart,
      store: store as SessionStore,
      auth: createLogin<User>(sessions, {
        loadUser: db.users.find,
        loginView: "/login",
        remember: { store },
      }),
      client: new TestClient(webSessions(sessions, showCart)),
      context: playwright(),
      expressApp: express().use(expressSessions(sessions)) as Express,
      id: String(crypto.randomUUID()),
      jar: cookies(c),
      listener: ((_, response) => void response.end("Hi")) as RequestListener,
      /** A store of express-session's. */
      old: new RedisStore({ client: redis }),
      oldKeys: {
        count: 0,
        add(count: number): void {
          this.count += count;
        },
      },
      request: supertest,
      secret: makeSecretKey(),
      secretKey: makeSecretKey(),
      server: createServer(),
      session: await sessions.get(c),
      url: this.urlFor(page),
      user: USERS.get("ada")!,
      userWith,
      when: new Date(Date.now() + 24 * 60 * 60 * 1000),
      wss,
    };
  }
}

/** As Hono does it by itself, where an error says what the answer is. */
function answerOrThrow(error: Error | HTTPResponseError): Response {
  if ("getResponse" in error) return error.getResponse();
  throw error;
}

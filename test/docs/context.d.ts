/** What the fragments of the pages take for granted: a block after `<!-- context: sessions, c -->` imports these names from here. */
import type { IncomingMessage, RequestListener, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Express } from "express";
import type { FastifyInstance } from "fastify";
import type { CookieJar, Session, SessionManager, SessionStore } from "hipflask";
import type { Redis } from "ioredis";
import type { Context, Hono } from "hono";
import type { MongoClient } from "mongodb";
import type { Store } from "hipflask/express-session";
import type { NextSessions } from "hipflask/adapters/next";
import type { Login } from "hipflask/login";
import type { TestClient } from "hipflask/testing";
import type { Pool } from "pg";
import type { createClient } from "redis";

/** Data of any shape, in whose place an application has its own. */
type Loose = any;

export declare const sessions: SessionManager<Loose>;
export declare const session: Session<Loose>;
export declare const jar: CookieJar;
export declare const store: SessionStore;
export declare const secret: string;
export declare const secretKey: string;
export declare const id: string;
export declare const url: string;
export declare const when: Date;
export declare function log(error: unknown): void;

export declare const app: Hono;
export declare const c: Context;
export declare const expressApp: Express;
export declare const fastify: FastifyInstance;

interface User {
  readonly id: string;
}
export declare const db: { readonly users: { find(id: string): Promise<User | undefined> } };
export declare const user: User;
export declare const auth: Login<User>;
export declare function userWith(name: unknown, password: unknown): Promise<User | undefined>;

export declare const redis: ReturnType<typeof createClient>;
export declare const ioredis: Redis;
export declare const pool: Pool;
export declare const mongodb: MongoClient;
/** A store of express-session's. */
export declare const old: Store;

export declare const server: Server;
export declare const wss: {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (ws: Socket) => void): void;
};
/** Of the package ws. */
interface Socket extends WebSocket {
  on(event: "close", listener: () => void): void;
}
export declare const oldKeys: { add(count: number): void };

export declare const client: TestClient;
export declare const listener: RequestListener;
export { strict as assert } from "node:assert";
export declare function showCart(request: Request): Promise<Response>;
/** What nextSessions has made. */
export declare const handler: NextSessions<object>["handler"];
export declare const getSession: NextSessions<object>["getSession"];
/** supertest's. */
export declare function request(app: Express): {
  get(path: string): { set(name: string, value: string): Promise<unknown> };
};
/** Playwright's. */
export declare const context: {
  addCookies(cookies: { name: string; value: string; url: string }[]): Promise<void>;
};

interface Connection {
  end(): Promise<void>;
}
export declare function connect(): Promise<Connection>;
export declare const OwnStore: new (client: Connection, options: { table: string }) => SessionStore;

interface OwnContext {
  readonly request: { readonly url: string; readonly body: { text(): Promise<string> } };
  send(response: Response): void;
}
export declare class OwnFramework {
  readonly listener: RequestListener;
  use(middleware: unknown): void;
  all(path: string, handler: (context: OwnContext) => Promise<void>): void;
  onError(handler: (error: unknown, context: OwnContext) => void): void;
}
export declare function ownSessions(sessions: SessionManager<Loose>): unknown;

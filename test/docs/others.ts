/** What the fragments of the pages know of packages that this repository has not, and of their readers' own. */
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { Duplex } from "node:stream";
import type { Express } from "express";
import type { SessionManager, SessionStore } from "hipflask";
import type { NextSessions } from "hipflask/adapters/next";
import { TestClient } from "hipflask/testing";
import { CookieJar } from "tough-cookie";

/** As supertest asks an application. */
export const supertest = (app: Express) => ({
  get: (path: string) => ({
    async set(name: string, value: string): Promise<unknown> {
      await using client = new TestClient(createServer(app));
      return await client.get(path, { headers: { [name]: value } });
    },
  }),
});

/** Takes cookies as a browser context of Playwright's does. */
export function playwright() {
  const jar = new CookieJar();
  return {
    async addCookies(all: readonly { name: string; value: string; url: string }[]): Promise<void> {
      for (const { name, value, url } of all) await jar.setCookie(`${name}=${value}`, url);
    },
  };
}

interface WebSocketServer {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (ws: Socket) => void): void;
}

interface Socket extends WebSocket {
  on(event: "close", listener: () => void): void;
}

/** In the place of the package ws, which who has no session does not reach. */
export const wss: WebSocketServer = {
  handleUpgrade() {
    throw new Error("A visitor without a session was let in.");
  },
};

/** What readers have of their own, and this repository has not: a fragment that is given it is compiled, and does not run. */
export interface Own {
  /** What nextSessions has made. */
  readonly handler: NextSessions<object>["handler"];
  readonly getSession: NextSessions<object>["getSession"];
  connect(): Promise<Connection>;
  readonly OwnStore: new (client: Connection, options: { table: string }) => SessionStore;
  readonly OwnFramework: new () => {
    readonly listener: RequestListener;
    use(middleware: unknown): void;
    all(path: string, handler: (context: OwnContext) => Promise<void>): void;
    onError(handler: (error: unknown, context: OwnContext) => void): void;
  };
  ownSessions(sessions: SessionManager<any>): unknown;
}

interface Connection {
  end(): Promise<void>;
}

interface OwnContext {
  readonly request: { readonly url: string; readonly body: { text(): Promise<string> } };
  send(response: Response): void;
}

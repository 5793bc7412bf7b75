import { type HttpBindings, serve, type ServerType } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import { createApp } from "./app.ts";
import { type Environment, openDemo } from "./demo-places.ts";

/** A demo that answers. */
export interface RunningDemo {
  readonly url: string;
  /** What the person who started it should know. */
  readonly notes: readonly string[];
  /** Ends it, and every connection with it. */
  close(): void;
}

/**
 * Starts the demo on `HOST` and `PORT`, with sessions where `STORAGE`, `STORE` and `STORE_URL` say.
 *
 * @param folder where the secret key, the accounts and the sessions of files are kept
 * @throws Error that says what to do; its code is EADDRINUSE where the port is taken
 */
export async function startDemo(env: Environment, folder: string): Promise<RunningDemo> {
  const host = env["HOST"] || "127.0.0.1";
  const port = portFrom(env["PORT"]);
  const { notes, ...demo } = await openDemo(env, folder);
  const app = createApp(demo);

  // Only the request is handed on, without Node's own objects: then the whole response, Set-Cookie and all, is there for
  // `showWhatHappened`. An application that need not see its own headers writes `fetch: app.fetch`.
  const fetch = (request: Request, { incoming }: HttpBindings) =>
    app.fetch(request, { address: incoming.socket.remoteAddress });
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: (request, bindings) => fetch(request, bindings as HttpBindings), hostname: host, port },
      (address) => resolve({ url: urlOf(host, address), notes, close: () => close(server) }),
    );
    server.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? taken(port, error) : error),
    );
  });
}

function portFrom(text: string | undefined): number {
  const port = Number(text || 5555);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error("PORT must be a number from 0 (any free port) to 65535.");
}

function urlOf(host: string, { port }: AddressInfo): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function taken(port: number, cause: Error): Error {
  return Object.assign(new Error(`Port ${port} is in use.`, { cause }), { code: "EADDRINUSE" });
}

function close(server: ServerType): void {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
}

import { type HttpBindings, serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import { createApp } from "./app.ts";
import { openDemo } from "./demo-places.ts";

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));

try {
  await start();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

async function start(): Promise<void> {
  const host = process.env["HOST"] || "127.0.0.1";
  const port = portFrom(process.env["PORT"]);
  const { note, ...demo } = await openDemo(process.env, process.cwd());
  const app = createApp(demo);
  if (note !== undefined) console.log(note);

  // Only the request is handed on, without Node's own objects: then the whole response, Set-Cookie and all, is there for
  // `showWhatHappened`. An application that need not see its own headers writes `fetch: app.fetch`.
  const fetch = (request: Request, { incoming }: HttpBindings) =>
    app.fetch(request, { address: incoming.socket.remoteAddress });
  const server = serve(
    { fetch: (request, env) => fetch(request, env as HttpBindings), hostname: host, port },
    (address) => {
      console.log(`hipflask demo on ${urlOf(host, address)}`);
    },
  );
  server.on("error", (error: NodeJS.ErrnoException) => {
    const taken = error.code === "EADDRINUSE";
    fail(
      taken
        ? `Port ${port} is in use. Choose another one: PORT=5556 npm start`
        : `The server cannot start: ${error.message}`,
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

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

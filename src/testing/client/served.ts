import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError } from "../../errors.ts";

/** How requests get to what is tested. */
export interface OpenTarget {
  /** What the paths of requests are relative to. */
  base(): Promise<URL>;
  send(request: Request): Response | Promise<Response>;
  close(): Promise<void>;
}

/**
 * A server of `node:http`. One that does not listen is opened by the first request, on a free port of this machine, and keeps no process
 * alive.
 *
 * @throws ConfigError for an https server
 */
export function served(server: Server): OpenTarget {
  if ("setSecureContext" in server)
    throw new ConfigError("A test client asks an https server by its URL: start it, and give that.");
  let opened: Promise<URL> | undefined;
  let isOurs = false;
  return {
    base() {
      if (opened !== undefined) return opened;
      isOurs = !server.listening;
      return (opened = isOurs ? open(server) : Promise.resolve(urlOf(server)));
    },
    send: (request) => fetch(request),
    async close() {
      if (!isOurs) return;
      await opened?.catch(() => undefined);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function open(server: Server): Promise<URL> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return urlOf(server);
}

function urlOf(server: Server): URL {
  const { address, family, port } = server.address() as AddressInfo;
  const isEverywhere = address === "::" || address === "0.0.0.0";
  const host = family === "IPv6" ? `[${address}]` : address;
  return new URL(`http://${isEverywhere ? "localhost" : host}:${port}`);
}

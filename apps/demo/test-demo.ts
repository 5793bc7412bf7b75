import { serve } from "@hono/node-server";
import type { Hono } from "hono";
import type { AddressInfo } from "node:net";
import { CLIENTS } from "./clients.ts";
import { type Demo, openAccounts } from "./demo-places.ts";
import { Passwords } from "./passwords.ts";
import type { Place } from "./place.ts";
import { Places } from "./places.ts";

/** A demo with these places, the first of which is where visitors begin, and with accounts that are nowhere else. */
export function demoOf(...places: [Place, ...Place[]]): Demo {
  const openers = new Map(places.map((place) => [place.name, async () => place]));
  // What is expensive to guess would be expensive to test.
  const passwords = new Passwords({ memoryCost: 1024, timeCost: 1 });
  const accounts = openAccounts(() => CLIENTS.sqlite(":memory:"));
  return { places: new Places(openers, places[0].name), ...accounts, passwords };
}

export interface ServedDemo {
  readonly url: string;
  close(): void;
}

/** Serves a demo on a free port. */
export async function serveDemo(app: Hono): Promise<ServedDemo> {
  const options = { hostname: "127.0.0.1", port: 0, overrideGlobalObjects: false };
  const fetch = (request: Request) => app.fetch(request, { address: "127.0.0.1" });
  return new Promise((resolve) => {
    const server = serve({ ...options, fetch }, ({ port }: AddressInfo) =>
      resolve({ url: `http://127.0.0.1:${port}`, close: () => server.close() }),
    );
  });
}

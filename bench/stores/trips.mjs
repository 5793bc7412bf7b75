/** How often a request waits for the store: counted between the server and its Redis, or PostgreSQL. */
import { setTimeout as delay } from "node:timers/promises";
import { CountingProxy } from "./counting-proxy.mjs";
import { visiting } from "./visitor.mjs";

const REQUESTS = 20;

const ROUTES = {
  untouched: "/untouched",
  read: "/read?key=count",
  "read and write": "/count",
  login: "/login",
};

/** Enough for a store's late writes. */
const SETTLE = 50;

export async function trips(names, { log, backends }) {
  log("counting round trips");
  const proxies = {
    redis: await CountingProxy.start(backends.redis),
    postgres: await CountingProxy.start(backends.postgres),
  };
  const proxied = { ...backends, redis: proxies.redis?.url, postgres: proxies.postgres?.url };
  try {
    const rows = [];
    for (const name of names) {
      const proxy = name.includes("Postgres") ? proxies.postgres : proxies.redis;
      rows.push([name, ...(await visiting(name, proxied, (enter) => countTrips(enter(), proxy)))]);
    }
    return { tables: [{ title: TITLE, columns: ["variant", ...Object.keys(ROUTES)], rows }], goals: [] };
  } finally {
    for (const proxy of Object.values(proxies)) proxy?.stop();
  }
}

const TITLE = "Round trips to the store per request of a visitor who has a session";

async function countTrips(visitor, proxy) {
  await visitor.get("/count");
  await visitor.get("/login");
  const counts = [];
  for (const path of Object.values(ROUTES)) {
    await visitor.get(path);
    await delay(SETTLE);
    const before = proxy.trips;
    for (let i = 0; i < REQUESTS; i++) await visitor.get(path);
    await delay(SETTLE);
    counts.push((proxy.trips - before) / REQUESTS);
  }
  return counts;
}

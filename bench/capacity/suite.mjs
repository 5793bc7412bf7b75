/** What each store takes for a session, and what one process gets out of it. */
import { join } from "node:path";
import { missing } from "../../scripts/needs.mjs";
import { Worker } from "../http/processes.mjs";
import { spread } from "../lib/ab.mjs";
import { KINDS } from "./records.mjs";

export const about = "bytes of a session in each store, loads and saves per second";

const CLIENT_CORE = 0;
const SERVER_CORE = 1;
const ROUNDS = 3;

/** How the bytes were found. What stands in for a server says nothing about its speed, and needs no crowd to count bytes. */
const STORES = {
  memory: { by: "heap and buffers" },
  file: { by: "disk blocks" },
  sqlite: { by: "size of the file" },
  postgres: { by: "pg_total_relation_size" },
  mysql: { by: "DATA_LENGTH + INDEX_LENGTH" },
  redis: { by: "used_memory" },
  memcached: { by: "stats: bytes" },
  mongodb: { by: "BSON of the document, no index", isStandIn: true },
  dynamodb: { by: "size of the item", isStandIn: true },
};

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const records = quick ? 10_000 : 100_000;
  const absent = new Set(missing().map(({ name }) => name));
  const sizes = [];
  const speeds = [];
  for (const [name, { by, isStandIn = false }] of Object.entries(STORES)) {
    if (absent.has(name)) {
      log(`${name}: skipped, is not on this machine`);
      continue;
    }
    log(name);
    const bytes = {};
    for (const kind of KINDS) {
      await using(name, kind, async (ask) => {
        bytes[kind] = Math.round((await ask("fill", isStandIn ? 1000 : records)).bytes);
        if (kind === "user" && !isStandIn) speeds.push([name, ...(await rounds(ask, records))]);
      });
    }
    sizes.push([name, ...KINDS.map((kind) => bytes[kind]), by]);
  }
  const crowd = records.toLocaleString("en");
  return {
    tables: [
      { title: `Bytes per record of 300 bytes of data, of ${crowd}`, columns: SIZES, rows: sizes },
      { title: `Operations per second on ${crowd} users, 32 at once`, columns: SPEEDS, rows: speeds },
    ],
    goals: [],
  };
}

const SIZES = ["store", "a visitor's", "a user's", "by"];
const SPEEDS = ["store", "loads", "saves"];

/** Lets `work` ask a client of a new and empty store. */
async function using(name, kind, work) {
  const server = await Worker.start(SERVER_CORE, join(import.meta.dirname, "servers.mjs"), name);
  try {
    const place = JSON.stringify(server.greeting);
    const client = await Worker.start(
      CLIENT_CORE,
      join(import.meta.dirname, "client.mjs"),
      name,
      place,
      kind,
    );
    try {
      await work((...question) => client.ask(question));
    } catch (cause) {
      throw new Error(`${name}: ${cause.message}`, { cause });
    } finally {
      client.stop();
    }
  } finally {
    server.stop();
  }
}

/** The first round only warms up. Each has records that were not read before. */
async function rounds(ask, records) {
  const count = records / 10;
  const loads = [];
  const saves = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const { load, save } = await ask("round", { from: round * count, count });
    if (round === 0) continue;
    loads.push(load);
    saves.push(save);
  }
  return [spread(loads), spread(saves)];
}

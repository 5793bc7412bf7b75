import { join } from "node:path";
import { minus, quiet, ratio, rotated, spread } from "../lib/ab.mjs";
import { Worker } from "./processes.mjs";
import { servers as express } from "./servers/express.mjs";
import { servers as h3 } from "./servers/h3.mjs";
import { servers as hono } from "./servers/hono.mjs";
import { servers as node } from "./servers/node.mjs";

export const about = "/count over HTTP: read the session, add 1, answer JSON";

const SERVER_CORE = 0;
const LOAD_CORE = 1;

/** Each name begins with the framework, whose bare variant the tax is counted from. */
const VARIANTS = [node, express, hono, h3].flatMap(Object.keys);

const HONO_PEERS = Object.keys(hono).filter((name) => isCounting(name) && !name.includes("hipflask"));

/** Whose tax is compared: ours, the peer's (of several the least), and the limit for their quotient. */
const GOALS = [
  { ours: "node + hipflask", theirs: ["express + express-session MemoryStore"], limit: 1 / 4 },
  {
    ours: "node + hipflask, ambient: false",
    theirs: ["express + express-session MemoryStore"],
    limit: 1 / 4,
  },
  { ours: "hono + hipflask", theirs: HONO_PEERS, limit: 1 / 2 },
  { ours: "hono + hipflask, ambient: false", theirs: HONO_PEERS, limit: 1 / 2 },
  { ours: "node + hipflask", theirs: ["node + iron-session"], limit: 1 / 30 },
  { ours: "express + hipflask (nodeSessions)", theirs: ["express + cookie-session"], limit: 1 / 6 },
];

/** Enough for the first goals: the fastest peers. */
const QUICK = [
  "node bare",
  "node + hipflask",
  "node + hipflask, ambient: false",
  "express bare",
  "express + express-session MemoryStore",
  "hono bare",
  "hono + hipflask",
  "hono + hipflask, ambient: false",
  "hono + hono-sessions MemoryStore",
];

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const names = quick ? QUICK : VARIANTS;
  const { rounds, ms, warmUp } = quick
    ? { rounds: 30, ms: 100, warmUp: { ms: 2500, atMost: 8000 } }
    : { rounds: 60, ms: 150, warmUp: { ms: 8000, atMost: 20_000 } };
  const load = await Worker.start(LOAD_CORE, join(import.meta.dirname, "load.mjs"));
  const servers = [];
  try {
    for (const name of names) {
      const server = await startServer(name);
      servers.push(server);
      // The load process checks the count in every answer: this proves that the sessions are kept, and so does every round.
      const { rate } = await drive(server, load, warmUp);
      log(
        `${name}: ${server.rises ? "keeps its sessions" : "answers"}, ${Math.round(rate)} requests/s while warming up`,
      );
    }
    for (let round = 0; round < rounds; round++) {
      for (const server of rotated(servers, round)) {
        const { cpu, rate, setCookieBytes } = await drive(server, load, { ms });
        server.cpu.push(cpu);
        server.rate.push(rate);
        server.setCookieBytes = setCookieBytes;
      }
      if ((round + 1) % 10 === 0) log(`round ${round + 1} of ${rounds}`);
    }
  } finally {
    for (const { worker } of servers) worker.stop();
    load.stop();
  }
  return results(servers);
}

function bareOf(name) {
  return `${name.split(" ", 1)[0]} bare`;
}

/** Whether it has sessions, so that the count rises. */
function isCounting(name) {
  return name !== bareOf(name) && !name.includes("constant");
}

async function startServer(name) {
  const worker = await Worker.start(SERVER_CORE, join(import.meta.dirname, "server.mjs"), name);
  return {
    name,
    worker,
    port: worker.greeting.port,
    // One request of h3's takes 10 ms: more sessions than that would never come round.
    browsers: name === "h3 + useSession" ? 10 : 200,
    rises: isCounting(name),
    cpu: [],
    rate: [],
    setCookieBytes: 0,
  };
}

/** One slot of load. Gives CPU microseconds of the server per request, and requests per second. */
async function drive({ name, worker, port, browsers, rises }, load, duration) {
  try {
    const before = await worker.ask("usage");
    const { requests, seconds, setCookieBytes } = await load.ask({
      variant: name,
      port,
      browsers,
      rises,
      ...duration,
    });
    const after = await worker.ask("usage");
    const cpu = after.user + after.system - before.user - before.system;
    return { cpu: cpu / requests, rate: requests / seconds, setCookieBytes };
  } catch (cause) {
    throw new Error(`${name}: ${cause.message}`, { cause });
  }
}

function results(servers) {
  const figures = new Map(servers.map((server) => [server.name, server]));
  const taxes = (name) => minus(figures.get(name).cpu, figures.get(bareOf(name)).cpu);
  const quietTax = (name) => quiet(figures.get(name).cpu) - quiet(figures.get(bareOf(name)).cpu);
  const goals = [];
  for (const { ours, theirs, limit } of GOALS) {
    const peers = theirs.filter((name) => figures.has(name));
    if (!figures.has(ours) || peers.length === 0) continue;
    const least = taxes(ours).map((_, round) => Math.min(...peers.map((name) => taxes(name)[round])));
    goals.push({
      goal: `tax of ${ours}, against ${peers.length === 1 ? peers[0] : "the best Hono peer"}`,
      limit,
      ratio: ratio(taxes(ours), least),
      quiet: quietTax(ours) / Math.min(...peers.map(quietTax)),
    });
  }
  const table = {
    title: "GET /count (CPU microseconds per request; the tax is above the same framework bare)",
    columns: ["variant", "requests/s", "CPU", "tax", "quiet CPU", "quiet tax", "Set-Cookie bytes"],
    rows: servers.map(({ name, cpu, rate, setCookieBytes }) => [
      name,
      Math.round(spread(rate).median),
      spread(cpu).median,
      name === bareOf(name) ? "" : spread(taxes(name)),
      quiet(cpu),
      name === bareOf(name) ? "" : quietTax(name),
      setCookieBytes,
    ]),
  };
  return { tables: [table], goals };
}

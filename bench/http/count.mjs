import { join } from "node:path";
import { minus, ratio, rotated, spread } from "../lib/ab.mjs";
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

/** What the goals need; `--quick` measures nothing else. */
const GOALS = [
  {
    goal: "tax on node:http, against express-session MemoryStore's on Express",
    ours: "node + hipflask",
    theirs: ["express + express-session MemoryStore"],
    limit: 1 / 4,
  },
  {
    goal: "tax on Hono, against the best Hono peer's",
    ours: "hono + hipflask",
    theirs: ["hono + hono-sessions MemoryStore", "hono + @hono/session in a Map"],
    limit: 1 / 2,
  },
];
/** The same, where it takes the slower peers. */
const MORE_GOALS = [
  {
    goal: "tax on node:http, against iron-session's",
    ours: "node + hipflask",
    theirs: ["node + iron-session"],
    limit: 1 / 30,
  },
  {
    goal: "tax on Express, against cookie-session's",
    ours: "express + hipflask (nodeSessions)",
    theirs: ["express + cookie-session"],
    limit: 1 / 6,
  },
];

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const goals = quick ? GOALS : [...GOALS, ...MORE_GOALS];
  const names = quick ? namesIn(goals) : VARIANTS;
  const { rounds, ms, warmUp } = quick
    ? { rounds: 30, ms: 120, warmUp: { ms: 2500, atMost: 8000 } }
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
  return results(servers, goals);
}

/** The variants of some goals, each with its framework bare, in the order of the list. */
function namesIn(goals) {
  const wanted = new Set(
    goals.flatMap(({ ours, theirs }) => [ours, ...theirs]).flatMap((name) => [name, bareOf(name)]),
  );
  return VARIANTS.filter((name) => wanted.has(name));
}

function bareOf(name) {
  return `${name.split(" ", 1)[0]} bare`;
}

async function startServer(name) {
  const worker = await Worker.start(SERVER_CORE, join(import.meta.dirname, "server.mjs"), name);
  return {
    name,
    worker,
    port: worker.greeting.port,
    // One request of h3's takes 10 ms: more sessions than that would never come round.
    browsers: name === "h3 + useSession" ? 10 : 200,
    rises: name !== bareOf(name) && !name.includes("constant"),
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

function results(servers, goals) {
  const cpu = (name) => servers.find((server) => server.name === name).cpu;
  const tax = (name) => minus(cpu(name), cpu(bareOf(name)));
  const leastTax = (names) =>
    tax(names[0]).map((_, round) => Math.min(...names.map((name) => tax(name)[round])));
  return {
    tables: [
      {
        title: "GET /count (tax: CPU microseconds per request above the same framework bare)",
        columns: ["variant", "requests/s", "CPU us/request", "tax", "Set-Cookie bytes"],
        rows: servers.map(({ name, rate, setCookieBytes }) => [
          name,
          Math.round(spread(rate).median),
          spread(cpu(name)).median,
          name === bareOf(name) ? "" : spread(tax(name)),
          setCookieBytes,
        ]),
      },
    ],
    goals: goals.map(({ goal, ours, theirs, limit }) => ({
      goal,
      limit,
      ratio: ratio(tax(ours), leastTax(theirs)),
    })),
  };
}

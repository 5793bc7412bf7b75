import { join } from "node:path";
import { minus, ratio, rotated, spread } from "../lib/ab.mjs";
import { Worker } from "./processes.mjs";
import { variants } from "./variants.mjs";

export const about = "/count over HTTP: read the session, add 1, answer JSON";

const SERVER_CORE = 0;
const LOAD_CORE = 1;

const HONO_PEERS = [...variants].filter(([name, { framework, sessions }]) => framework === "hono" && sessions && !name.includes("hipflask")).map(([name]) => name);

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const { rounds, ms, warmUp } = quick ? { rounds: 7, ms: 250, warmUp: 700 } : { rounds: 20, ms: 400, warmUp: 2000 };
  const load = new Worker(LOAD_CORE, join(import.meta.dirname, "load.mjs"));
  const servers = [];
  try {
    for (const [name, { slow, sessions }] of variants) {
      const worker = new Worker(SERVER_CORE, join(import.meta.dirname, "server.mjs"), name);
      const { port } = await worker.receive();
      const server = { name, worker, port, browsers: slow ? 10 : 200, rises: sessions, cpu: [], rate: [], setCookieBytes: 0 };
      servers.push(server);
      // The load process checks every answer's count, so this is the proof that the sessions are kept, too.
      await drive(server, load, warmUp).catch((error) => {
        throw new Error(`${name}: ${error.message}`);
      });
      log(`${name}: keeps its sessions and is warm`.replace("keeps its sessions", sessions ? "keeps its sessions" : "answers"));
    }
    for (let round = 0; round < rounds; round++) {
      for (const server of rotated(servers, round)) {
        const { cpu, rate, setCookieBytes } = await drive(server, load, ms);
        server.cpu.push(cpu);
        server.rate.push(rate);
        server.setCookieBytes = setCookieBytes;
      }
      log(`round ${round + 1} of ${rounds}`);
    }
  } finally {
    for (const { worker } of servers) worker.stop();
    load.stop();
  }
  return results(servers);
}

async function drive({ name, worker, port, browsers, rises }, load, ms) {
  const before = await worker.ask("usage");
  const { requests, seconds, setCookieBytes } = await load.ask({ variant: name, port, ms, browsers, rises });
  const after = await worker.ask("usage");
  const cpu = after.user + after.system - before.user - before.system;
  return { cpu: cpu / requests, rate: requests / seconds, setCookieBytes };
}

function results(servers) {
  const cpu = (name) => servers.find((server) => server.name === name).cpu;
  const tax = (name) => minus(cpu(name), cpu(`${variants.get(name).framework} bare`));
  const rows = servers.map((server) => {
    const isBare = server.name.endsWith(" bare");
    return [
      server.name,
      Math.round(spread(server.rate).median),
      spread(server.cpu).median,
      isBare ? "" : spread(tax(server.name)),
      server.setCookieBytes,
    ];
  });
  const bestHonoTax = tax(HONO_PEERS[0]).map((_, round) => Math.min(...HONO_PEERS.map((name) => tax(name)[round])));
  const against = (goal, ours, theirs, limit) => ({ goal, limit, ratio: ratio(ours, theirs) });
  return {
    tables: [
      {
        title: "GET /count (tax: CPU microseconds per request above the same framework bare)",
        columns: ["variant", "requests/s", "CPU us/request", "tax", "Set-Cookie bytes"],
        rows,
      },
    ],
    goals: [
      against(
        "tax on node:http, against express-session MemoryStore's on Express",
        tax("node + hipflask"),
        tax("express + express-session MemoryStore"),
        1 / 4,
      ),
      against("tax on node:http, against iron-session's", tax("node + hipflask"), tax("node + iron-session"), 1 / 30),
      against("tax on Express, against cookie-session's", tax("express + hipflask (nodeSessions)"), tax("express + cookie-session"), 1 / 6),
      against("tax on Hono, against the best Hono peer's", tax("hono + hipflask"), bestHonoTax, 1 / 2),
    ],
  };
}

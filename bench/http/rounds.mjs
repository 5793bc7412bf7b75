/** Rounds in which every server gets its slot of load, and what is made of their figures. */
import { minus, quiet, ratio, rotated, spread } from "../lib/ab.mjs";
import { bareOf, isCounting, startLoad, startServer } from "./serving.mjs";

/**
 * @typedef {object} TaxGoal whose tax is compared, and the limit for the quotient
 * @property {string} ours
 * @property {string[]} theirs of several the one with the least tax in each round
 * @property {number} limit
 *
 * @typedef {Map<string, { cpu: number[], rate: number[], setCookieBytes: number }>} Figures per variant, round by round:
 *   CPU microseconds of the server per request, and requests per second
 */

// V8 goes on compiling for some ten thousand requests, whatever the machine makes of a second.
const FULL = { rounds: 60, ms: 150, warmUp: { ms: 30_000, atMost: 20_000 } };
const QUICK = { rounds: 30, ms: 100, warmUp: { ms: 12_000, atMost: 20_000 } };

/** @returns {Promise<Figures>} */
export async function countRounds(names, { quick, log, backends }) {
  const { rounds, ms, warmUp } = quick ? QUICK : FULL;
  const load = await startLoad();
  const servers = [];
  try {
    for (const name of names) {
      const server = await Counted.start(name, backends);
      servers.push(server);
      // The load process checks the count in every answer: this proves that the sessions are kept, and so does every round.
      const { rate } = await server.drive(load, warmUp);
      const does = isCounting(name) ? "keeps its sessions" : "answers";
      log(`${name}: ${does}, ${Math.round(rate)} requests/s while warming up`);
    }
    for (let round = 0; round < rounds; round++) {
      for (const server of rotated(servers, round)) await server.measure(load, { ms });
      if ((round + 1) % 10 === 0) log(`round ${round + 1} of ${rounds}`);
    }
  } finally {
    for (const server of servers) server.stop();
    load.stop();
  }
  return new Map(servers.map((server) => [server.name, server]));
}

/** A server and its figures. */
class Counted {
  cpu = [];
  rate = [];
  setCookieBytes = 0;
  #worker;

  static async start(name, backends) {
    return new Counted(name, await startServer(name, backends));
  }

  constructor(name, worker) {
    this.name = name;
    this.#worker = worker;
  }

  async measure(load, duration) {
    const { cpu, rate, setCookieBytes } = await this.drive(load, duration);
    this.cpu.push(cpu);
    this.rate.push(rate);
    this.setCookieBytes = setCookieBytes;
  }

  /** One slot of load. */
  async drive(load, duration) {
    try {
      const before = await this.#worker.ask("usage");
      const { requests, seconds, setCookieBytes } = await load.ask({
        crowd: this.name,
        port: this.#worker.greeting.port,
        // One request of h3's takes 10 ms: more sessions than that would never come round.
        browsers: this.name === "h3 + useSession" ? 10 : 200,
        kind: isCounting(this.name) ? "counting" : "sessionless",
        ...duration,
      });
      const after = await this.#worker.ask("usage");
      const cpu = after.user + after.system - before.user - before.system;
      return { cpu: cpu / requests, rate: requests / seconds, setCookieBytes };
    } catch (cause) {
      throw new Error(`${this.name}: ${cause.message}`, { cause });
    }
  }

  stop() {
    this.#worker.stop();
  }
}

/** @returns {import("../run.mjs").Table} */
export function countTable(figures) {
  return {
    title: "GET /count (CPU microseconds per request; the tax is above the same framework bare)",
    columns: ["variant", "requests/s", "CPU", "tax", "quiet CPU", "quiet tax", "Set-Cookie bytes"],
    rows: [...figures].map(([name, { cpu, rate, setCookieBytes }]) => [
      name,
      Math.round(spread(rate).median),
      spread(cpu).median,
      name === bareOf(name) ? "" : spread(taxes(figures, name)),
      quiet(cpu),
      name === bareOf(name) ? "" : quietTax(figures, name),
      setCookieBytes,
    ]),
  };
}

/** @returns {import("../run.mjs").Goal[]} without those whose variants were not measured */
export function taxGoals(figures, wanted) {
  const goals = [];
  for (const { ours, theirs, limit } of wanted) {
    const peers = theirs.filter((name) => figures.has(name));
    if (!figures.has(ours) || peers.length === 0) continue;
    const taxOfPeers = peers.map((name) => taxes(figures, name));
    const least = taxOfPeers[0].map((_, round) => Math.min(...taxOfPeers.map((tax) => tax[round])));
    const quietTaxOfPeers = peers.map((name) => quietTax(figures, name));
    goals.push({
      goal: `tax of ${ours}, against ${peers.length === 1 ? peers[0] : "the best of its peers"}`,
      limit,
      ratio: ratio(taxes(figures, ours), least),
      quiet: quietTax(figures, ours) / Math.min(...quietTaxOfPeers),
    });
  }
  return goals;
}

function taxes(figures, name) {
  return minus(figures.get(name).cpu, figures.get(bareOf(name)).cpu);
}

function quietTax(figures, name) {
  return quiet(figures.get(name).cpu) - quiet(figures.get(bareOf(name)).cpu);
}

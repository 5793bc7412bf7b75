import { countRounds, countTable, taxGoals } from "../http/rounds.mjs";
import { adapted } from "../http/servers/hipflask.mjs";
import { bareOf } from "../http/serving.mjs";

export const about = "/count on every framework: hipflask beside the framework's own sessions";

/** Of each framework its own session libraries. Nest's are those of its platform. */
const PEERS = {
  express: ["express-session MemoryStore", "cookie-session"],
  fastify: ["@fastify/session MemoryStore", "@fastify/secure-session"],
  koa: ["koa-session in a Map", "koa-session cookie"],
  hono: [
    "hono-sessions MemoryStore",
    "hono-sessions CookieStore",
    "@hono/session in a Map",
    "@hono/session cookie",
  ],
  h3: ["useSession"],
  "react-router": ["createMemorySessionStorage", "createCookieSessionStorage"],
  nest: ["express-session MemoryStore", "cookie-session"],
};

/** @type {import("../run.mjs").Suite} */
export async function run(options) {
  const parts = [];
  // One framework after the other, so that no more servers than its own stay in memory.
  for (const [framework, peers] of Object.entries(PEERS)) {
    const theirs = peers.map((peer) => `${framework} + ${peer}`);
    const ours = adapted(framework);
    const figures = await countRounds([bareOf(framework), ...ours, ...theirs], options);
    const goals = taxGoals(
      figures,
      ours.map((name) => ({ ours: name, theirs, limit: 1 / 2 })),
    );
    parts.push({ table: countTable(figures), goals });
  }
  const [{ table }] = parts;
  return {
    tables: [{ ...table, rows: parts.flatMap((part) => part.table.rows) }],
    goals: parts.flatMap(({ goals }) => goals),
  };
}

import { isCounting } from "./serving.mjs";
import { countRounds, countTable, taxGoals } from "./rounds.mjs";
import { servers as express } from "./servers/express.mjs";
import { servers as h3 } from "./servers/h3.mjs";
import { servers as hono } from "./servers/hono.mjs";
import { servers as node } from "./servers/node.mjs";

export const about = "/count over HTTP: read the session, add 1, answer JSON";

const VARIANTS = [node, express, hono, h3].flatMap(Object.keys);

const HONO_PEERS = Object.keys(hono).filter((name) => isCounting(name) && !name.includes("hipflask"));

/** @type {import("./rounds.mjs").TaxGoal[]} */
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
  const figures = await countRounds(quick ? QUICK : VARIANTS, { quick, log });
  return { tables: [countTable(figures)], goals: taxGoals(figures, GOALS) };
}

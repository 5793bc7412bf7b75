/** The sessions that are compared: in each store, and in cookies where the question is what parallel requests lose. */
import { bareOf } from "../http/serving.mjs";
import { stored as express } from "../http/servers/express.mjs";
import { stored as fastify } from "../http/servers/fastify.mjs";
import { stored as flask } from "../http/servers/flask.mjs";
import { stored as hono } from "../http/servers/hono.mjs";
import { stored as node } from "../http/servers/node.mjs";

const HIPFLASK = "node + hipflask MemoryStore";
const HIPFLASK_REDIS = "node + hipflask RedisStore";
const EXPRESS_SESSION = "express + express-session MemoryStore";
const CONNECT_REDIS = "express + express-session connect-redis";
const HONO_SESSIONS = "hono + hono-sessions MemoryStore";

const STORED = [
  ...Object.keys(node),
  EXPRESS_SESSION,
  ...Object.keys(express),
  ...Object.keys(fastify),
  ...Object.keys(hono),
  HONO_SESSIONS,
  ...Object.keys(flask),
];

/** Enough for the goals. */
const QUICK = [HIPFLASK, HIPFLASK_REDIS, EXPRESS_SESSION, CONNECT_REDIS];

const IN_COOKIES = [
  "node + hipflask",
  "node + iron-session",
  "express + cookie-session",
  "hono + @hono/session cookie",
  "h3 + useSession",
];

/** Who takes part in what. */
export function variants(quick) {
  const stored = quick ? QUICK : STORED;
  return {
    /** Each after its framework without sessions. */
    counting: [...new Set(stored.flatMap((name) => [bareOf(name), name]))],
    overNetwork: stored.filter((name) => /redis|postgres/i.test(name)),
    inParallel: quick ? stored : [...stored, "hono + @hono/session in a Map", ...IN_COOKIES],
    inMemory: stored.filter(
      (name) => name.endsWith(" MemoryStore") && name !== "hono + hipflask MemoryStore",
    ),
  };
}

/** @type {import("../http/rounds.mjs").TaxGoal[]} */
export const TAX_GOALS = [
  { ours: HIPFLASK, theirs: [EXPRESS_SESSION], limit: 1 / 2 },
  { ours: HIPFLASK_REDIS, theirs: [CONNECT_REDIS], limit: 1 / 2 },
];

/** hipflask's that keep what they acknowledged. */
export function isOurs(name) {
  return STORED.includes(name) && name.includes(" hipflask ");
}

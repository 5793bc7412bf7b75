/** The sessions that are compared: in each store, and in cookies where the question is what parallel requests lose. */
import { bareOf } from "../http/serving.mjs";
import { stored as express } from "../http/servers/express.mjs";
import { stored as fastify } from "../http/servers/fastify.mjs";
import { stored as flask } from "../http/servers/flask.mjs";
import { stored as hono } from "../http/servers/hono.mjs";
import { stored as node } from "../http/servers/node.mjs";

export const IN_STORES = [
  ...Object.keys(node),
  "express + express-session MemoryStore",
  ...Object.keys(express),
  ...Object.keys(fastify),
  ...Object.keys(hono),
  "hono + hono-sessions MemoryStore",
  ...Object.keys(flask),
];

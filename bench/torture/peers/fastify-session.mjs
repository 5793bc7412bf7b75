import cookie from "@fastify/cookie";
import session from "@fastify/session";
import { fastifySessionUsage } from "../../http/servers/usages.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { serveFastify } from "../frameworks/fastify.mjs";
import { callbackStore, SlowMap } from "../slow-map.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  row("defaults", {}),
  row("rolling, saveUninitialized: false", { rolling: false, saveUninitialized: false }),
];

function row(variant, options) {
  return {
    package: "@fastify/session",
    variant,
    async start(line) {
      const store = new SlowMap(line);
      const register = (server) => {
        server.register(cookie);
        server.register(session, {
          secret: SECRET,
          store: callbackStore(store),
          cookie: { secure: false },
          ...options,
        });
      };
      return { server: await serveFastify(register, tortureApp(fastifySessionUsage)), store };
    },
  };
}

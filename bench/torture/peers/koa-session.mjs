import session from "koa-session";
import { koaSessionUsage } from "../../http/servers/usages.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { serveKoa } from "../frameworks/koa.mjs";
import { SlowMap } from "../slow-map.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    package: "koa-session",
    variant: "store",
    async start(line) {
      const map = new SlowMap(line);
      const store = {
        get: (key) => map.get(key),
        set: (key, value) => map.set(key, value),
        destroy: (key) => map.delete(key),
      };
      return { server: await serve({ store }), store: map };
    },
  },
  {
    package: "koa-session",
    variant: "cookie",
    isInCookies: true,
    start: async () => ({ server: await serve({}) }),
  },
];

function serve(options) {
  const use = (server) => {
    server.keys = [SECRET];
    server.use(session(options, server));
  };
  return serveKoa(use, tortureApp(koaSessionUsage));
}

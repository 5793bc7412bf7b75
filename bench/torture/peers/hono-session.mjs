import { useSession, useSessionStorage } from "@hono/session";
import { honoSessionUsage } from "../../http/servers/usages.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { serveHono } from "../frameworks/hono.mjs";
import { SlowMap } from "../slow-map.mjs";

const sessions = () => useSession({ secret: SECRET });
const common = { package: "@hono/session", exact: "update()", explicit: "update()" };

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    ...common,
    variant: "storage",
    async start(line) {
      const store = new SlowMap(line);
      const storage = useSessionStorage({
        get: (id) => store.get(id),
        set: (id, data) => store.set(id, data),
        delete: (id) => store.delete(id),
      });
      return { server: await serveHono([storage, sessions()], tortureApp(honoSessionUsage)), store };
    },
  },
  {
    ...common,
    variant: "cookie",
    isInCookies: true,
    start: async () => ({ server: await serveHono([sessions()], tortureApp(honoSessionUsage)) }),
  },
];

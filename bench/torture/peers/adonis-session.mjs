import { SessionMiddlewareFactory } from "@adonisjs/session/factories";
import { accessors } from "../../http/servers/routes.mjs";
import { tortureApp } from "../app.mjs";
import { serveAdonis } from "../frameworks/adonis.mjs";
import { SlowMap } from "../slow-map.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    package: "@adonisjs/session",
    variant: "store",
    async start(line) {
      const map = new SlowMap(line);
      const store = {
        read: async (id) => (await map.get(id)) ?? null,
        write: (id, data) => map.set(id, data),
        destroy: (id) => map.delete(id),
        touch: () => map.touch(),
      };
      const config = { store: "slow", stores: { slow: () => store }, cookie: { path: "/", httpOnly: true } };
      const sessions = await new SessionMiddlewareFactory().merge({ config }).create();
      return { server: await serveAdonis(sessions, tortureApp(usage)), store: map };
    },
  },
];

const usage = accessors({
  open: ({ session }) => session,
  set: (session, key, value) => session.put(key, value),
  renew: ({ session }) => session.regenerate(),
  end: ({ session }) => session.clear(),
});

import expressSession from "express-session";
import { expressSessionUsage } from "../../http/servers/usages.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { serveExpress } from "../frameworks/express.mjs";
import { callbackStore, SlowMap } from "../slow-map.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    package: "express-session",
    variant: "resave, saveUninitialized: false",
    async start(line) {
      const map = new SlowMap(line);
      const store = Object.assign(new expressSession.Store(), callbackStore(map));
      const sessions = expressSession({ secret: SECRET, resave: false, saveUninitialized: false, store });
      return { server: await serveExpress(sessions, tortureApp(expressSessionUsage)), store: map };
    },
  },
];

import cookieSession from "cookie-session";
import { cookieSessionUsage } from "../../http/servers/usages.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { serveExpress } from "../frameworks/express.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    package: "cookie-session",
    isInCookies: true,
    async start() {
      const sessions = cookieSession({ name: "session", keys: [SECRET] });
      return { server: await serveExpress(sessions, tortureApp(cookieSessionUsage)) };
    },
  },
];

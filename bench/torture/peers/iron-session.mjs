import { getIronSession } from "iron-session";
import { ironSessionUsage } from "../../http/servers/usages.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { serveNode } from "../frameworks/node.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    package: "iron-session",
    isInCookies: true,
    explicit: "save()",
    async start() {
      const usage = ironSessionUsage(({ request, response }) =>
        getIronSession(request, response, { password: SECRET, cookieName: "session" }),
      );
      const contextOf = (request, response) => ({ request, response });
      return { server: await serveNode(tortureApp(usage), { contextOf }) };
    },
  },
];

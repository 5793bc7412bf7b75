import { useSession } from "h3";
import { h3Usage } from "../../http/servers/usages.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { serveH3 } from "../frameworks/h3.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    package: "h3",
    variant: "useSession",
    isInCookies: true,
    explicit: "update()",
    async start() {
      const usage = h3Usage((event) => useSession(event, { password: SECRET }));
      return { server: await serveH3(tortureApp(usage)) };
    },
  },
];

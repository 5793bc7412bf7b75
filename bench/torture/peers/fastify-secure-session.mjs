import secureSession from "@fastify/secure-session";
import { secureSessionUsage } from "../../http/servers/usages.mjs";
import { tortureApp } from "../app.mjs";
import { serveFastify } from "../frameworks/fastify.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    package: "@fastify/secure-session",
    isInCookies: true,
    async start() {
      const register = (server) => {
        server.register(secureSession, { key: Buffer.alloc(32, "k"), cookie: { path: "/" } });
      };
      return { server: await serveFastify(register, tortureApp(secureSessionUsage)) };
    },
  },
];

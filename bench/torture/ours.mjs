/** hipflask, in a cookie and in a store, on each framework. The library is handed in: the benchmark takes what was built, the tests the source. */
import { managed } from "../http/servers/routes.mjs";
import { expressSessionUsage } from "../http/servers/usages.mjs";
import { SECRET } from "../lib/samples.mjs";
import { tortureApp } from "./app.mjs";
import { serveExpress } from "./frameworks/express.mjs";
import { serveFastify } from "./frameworks/fastify.mjs";
import { serveHono } from "./frameworks/hono.mjs";
import { serveKoa } from "./frameworks/koa.mjs";
import { serveNode } from "./frameworks/node.mjs";
import { SlowStore } from "./slow-store.mjs";

/**
 * @typedef {Omit<import("./rows.mjs").PeerRow, "package"> & OurFacts} OurRow
 *
 * @typedef {object} OurFacts
 * @property {string} name
 * @property {boolean} [isInSummary]
 *
 * @returns {OurRow[]}
 */
export function ours(library) {
  const serve = {
    Express: (sessions, app) => serveExpress(library.expressSessions(sessions), app),
    Fastify: (sessions, app) =>
      serveFastify((server) => server.register(library.fastifySessions(sessions)), app),
    Hono: (sessions, app) => serveHono([library.honoSessions(sessions)], app),
    Koa: (sessions, app) => serveKoa((server) => server.use(library.koaSessions(sessions)), app),
    node: (sessions, app) => serveNode(app, { wrap: (handler) => library.nodeSessions(sessions, handler) }),
  };
  const started = (framework, storage) => {
    const sessions = library.createSessions({ secretKey: SECRET, storage, cookie: { secure: true } });
    return serve[framework](sessions, tortureApp(managed(sessions)));
  };
  const inStore = (framework) => ({
    name: `hipflask serverSide (${framework})`,
    isInSummary: framework === "Express",
    exact: "update()",
    async start(line) {
      const store = new SlowStore(line, new library.MemoryStore());
      return { server: await started(framework, library.serverSide(store)), store };
    },
  });
  const inCookie = (framework, storage) => ({
    name: `hipflask ${storage} (${framework})`,
    isInCookies: true,
    exact: "update()",
    start: async () => ({ server: await started(framework, library[storage]()) }),
  });
  const compatible = {
    name: "hipflask/express-session",
    isInSummary: true,
    async start(line) {
      const store = new SlowStore(line, new library.MemoryStore());
      const sessions = library.expressSession({
        secret: SECRET,
        resave: false,
        saveUninitialized: false,
        store,
      });
      return { server: await serveExpress(sessions, tortureApp(expressSessionUsage)), store };
    },
  };
  return [
    inCookie("Hono", "encryptedCookie"),
    inCookie("Hono", "signedCookie"),
    ...Object.keys(serve).map(inStore),
    compatible,
  ];
}

import { createCookie } from "@remix-run/cookie";
import { createRouter } from "@remix-run/fetch-router";
import { createSession, Session } from "@remix-run/session";
import { session as sessionMiddleware } from "@remix-run/session-middleware";
import { accessors } from "../../http/servers/routes.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { responseOf, serveWeb } from "../frameworks/web.mjs";
import { SlowMap } from "../slow-map.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    package: "@remix-run/session",
    variant: "session-middleware",
    async start(line) {
      const store = new SlowMap(line);
      const cookie = createCookie("session", { secrets: [SECRET], httpOnly: true, path: "/" });
      const router = createRouter({ middleware: [sessionMiddleware(cookie, storageOf(store))] });
      const app = tortureApp(usage);
      router.get("/*path", async (context) => responseOf(await app(context.request.url, context)));
      return { server: await serveWeb((request) => router.fetch(request)), store };
    },
  },
];

const usage = accessors({
  open: (context) => context.get(Session),
  renew: (context) => context.get(Session).regenerateId(true),
  end: (context) => context.get(Session).destroy(),
});

/** As the library's own storages do it, which keep their data elsewhere. */
function storageOf(store) {
  return {
    async read(id) {
      const data = id ? await store.get(id) : undefined;
      return data === undefined ? createSession() : createSession(id, data);
    },
    async save(session) {
      if (session.deleteId) await store.delete(session.deleteId);
      if (session.destroyed) {
        await store.delete(session.id);
        return "";
      }
      if (!session.dirty) return null;
      await store.set(session.id, session.data);
      return session.id;
    },
  };
}

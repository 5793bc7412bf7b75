import { randomUUID } from "node:crypto";
import { createCookieSessionStorage, createSessionStorage } from "react-router";
import { accessors } from "../../http/servers/routes.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { responseOf, serveWeb } from "../frameworks/web.mjs";
import { SlowMap } from "../slow-map.mjs";

const cookie = { name: "session", secrets: [SECRET], httpOnly: true, path: "/", sameSite: "lax" };
const common = { package: "react-router", explicit: "commitSession()" };

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    ...common,
    variant: "createSessionStorage",
    async start(line) {
      const store = new SlowMap(line);
      const storage = createSessionStorage({
        cookie,
        async createData(data) {
          const id = randomUUID();
          await store.set(id, data);
          return id;
        },
        readData: async (id) => (await store.get(id)) ?? null,
        updateData: (id, data) => store.set(id, data),
        deleteData: (id) => store.delete(id),
      });
      return { server: await serve(storage), store };
    },
  },
  {
    ...common,
    variant: "createCookieSessionStorage",
    isInCookies: true,
    start: async () => ({ server: await serve(createCookieSessionStorage({ cookie })) }),
  },
];

/** Loaders, each of which gets the session, and commits or destroys it. */
function serve({ getSession, commitSession, destroySession }) {
  const open = ({ request }) => getSession(request.headers.get("Cookie"));
  const app = tortureApp(
    accessors({
      open,
      save: async (session, { headers }) => headers.append("Set-Cookie", await commitSession(session)),
      end: async (context) => context.headers.append("Set-Cookie", await destroySession(await open(context))),
    }),
  );
  return serveWeb(async (request) => {
    const headers = new Headers();
    const response = responseOf(await app(request.url, { request, headers }));
    for (const setCookie of headers.getSetCookie()) response.headers.append("Set-Cookie", setCookie);
    return response;
  });
}

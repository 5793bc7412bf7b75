import { serve } from "@hono/node-server";
import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createRequestHandler,
  RouterContextProvider,
} from "react-router";
import { reactRouterSessions } from "../../../dist/adapters/react-router.js";
import { countIn, REST, SECRET } from "./common.mjs";
import { hipflaskEverywhere } from "./hipflask.mjs";

const cookie = { name: "session", secrets: [SECRET], httpOnly: true, path: "/", sameSite: "lax" };

export const servers = {
  "react-router bare": () => listen([], () => Response.json({ count: 1 })),

  "react-router + createMemorySessionStorage": () => storage(createMemorySessionStorage({ cookie })),

  "react-router + createCookieSessionStorage": () => storage(createCookieSessionStorage({ cookie })),
};

export const adapters = hipflaskEverywhere("react-router", (sessions) =>
  listen([reactRouterSessions(sessions)], async ({ context }) => {
    const { data } = await sessions.get(context);
    return Response.json({ count: countIn(data) });
  }),
);

function storage({ getSession, commitSession }) {
  return listen([], async ({ request }) => {
    const session = await getSession(request.headers.get("Cookie"));
    const count = (session.get("count") ?? 0) + 1;
    if (count === 1) for (const [key, value] of Object.entries(REST)) session.set(key, value);
    session.set("count", count);
    return Response.json({ count }, { headers: { "Set-Cookie": await commitSession(session) } });
  });
}

/** React Router's server with what its compiler would make of one route. */
function listen(middleware, loader) {
  const build = {
    entry: { module: { default: () => new Response(null, { status: 500 }) } },
    routes: { count: { id: "count", path: "count", module: { middleware, loader } } },
    assets: { entry: { imports: [], module: "" }, routes: {}, url: "", version: "" },
    publicPath: "/",
    assetsBuildDirectory: "",
    future: { v8_middleware: true },
    ssr: true,
    isSpaMode: false,
    prerender: [],
    routeDiscovery: { mode: "initial", manifestPath: "/manifest" },
  };
  const handle = createRequestHandler(build, "production");
  const fetch = (request) => handle(request, new RouterContextProvider());
  return new Promise((resolve) => {
    serve({ fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => resolve({ port }));
  });
}

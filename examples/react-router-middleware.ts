// React Router: the session by the root route's middleware, which commits it; loaders and actions take it from their context.
import assert from "node:assert/strict";
import { createSessions } from "hipflask";
import { reactRouterSessions } from "hipflask/adapters/react-router";
import { TestClient } from "hipflask/testing";
import { createStaticHandler, type MiddlewareFunction, redirect, RouterContextProvider } from "react-router";

const sessions = createSessions<{ clicks?: number }>({
  secretKey: "Kq3v-Jb7wXz1Rn5tYc9pLm2s-for-an-example",
});

interface Args {
  readonly context: object;
}

// What a route module exports.
async function loader({ context }: Args) {
  const { data } = await sessions.get(context);
  return Response.json({ clicks: data.clicks ?? 0 });
}

async function action({ context }: Args) {
  const { data } = await sessions.get(context);
  data.clicks = (data.clicks ?? 0) + 1;
  return redirect("/");
}

// What app/root.tsx exports as `middleware`, and React Router's own server around it.
const middleware = [reactRouterSessions(sessions) as MiddlewareFunction];
const { queryRoute } = createStaticHandler([{ id: "root", path: "/", middleware, loader, action }]);
const browser = new TestClient((request) =>
  queryRoute(request, {
    requestContext: new RouterContextProvider(),
    generateMiddlewareResponse: (query) => query(request),
  }),
);

assert.deepEqual(await (await browser.get("/")).json(), { clicks: 0 });
for (let click = 0; click < 2; click++) await browser.post("/");
assert.deepEqual(await (await browser.get("/")).json(), { clicks: 2 });
console.log("Both clicks were stored by the middleware.");

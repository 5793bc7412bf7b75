import { createServer } from "node:http";
import { getIronSession } from "iron-session";
import { nodeSessions } from "../../../dist/adapters/node.js";
import { flaskConfig } from "../../../dist/flask/index.js";
import { createSessions } from "../../../dist/index.js";
import { CONSTANT_COOKIE, countIn, listen, nativeSessions, SECRET } from "./common.mjs";
import { managed, routes } from "./routes.mjs";
import { hipflaskOn } from "./stores.mjs";
import { ironSessionUsage } from "./usages.mjs";

export const servers = {
  "node bare": () => listen(createServer((_request, response) => json(response, { count: 1 }))),

  "node + a constant Set-Cookie": () =>
    listen(
      createServer((_request, response) => {
        response.setHeader("Set-Cookie", CONSTANT_COOKIE);
        json(response, { count: 1 });
      }),
    ),

  "node + hipflask": () => counting(nativeSessions()),

  "node + hipflask, ambient: false": () => counting(nativeSessions({ ambient: false })),

  "node + hipflask flaskConfig": () =>
    counting(createSessions(flaskConfig({ SECRET_KEY: SECRET, SESSION_COOKIE_SECURE: true }))),

  "node + iron-session": () => {
    const open = (response) => getIronSession(response.req, response, IRON);
    const usage = ironSessionUsage(open);
    const count = async (_request, response) => {
      const session = await open(response);
      const counted = countIn(session);
      await session.save();
      return counted;
    };
    return listen(createServer(handlerOf(count, usage, (_request, response) => response)));
  },
};

export const stored = hipflaskOn("node", counting);

const IRON = { password: SECRET, cookieName: "session" };

function counting(sessions) {
  const count = async (request) => {
    const session = await sessions.get(request);
    return countIn(session.data);
  };
  return listen(
    createServer(
      nodeSessions(
        sessions,
        handlerOf(count, managed(sessions), (request) => request),
      ),
    ),
  );
}

/** `contextOf` gives what the usage takes for a request. */
function handlerOf(count, usage, contextOf) {
  const others = routes(usage);
  return async (request, response) => {
    if (request.url === "/count") json(response, { count: await count(request, response) });
    else json(response, await others(request.url, contextOf(request, response)));
  };
}

function json(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

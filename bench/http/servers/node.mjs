import { createServer } from "node:http";
import { getIronSession } from "iron-session";
import { nodeSessions } from "../../../dist/adapters/node.js";
import { flaskConfig } from "../../../dist/flask/index.js";
import { createSessions } from "../../../dist/index.js";
import { CONSTANT_COOKIE, countIn, listen, nativeSessions, SECRET } from "./common.mjs";

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
    const options = { password: SECRET, cookieName: "session" };
    return listen(
      createServer(async (request, response) => {
        const session = await getIronSession(request, response, options);
        const count = countIn(session);
        await session.save();
        json(response, { count });
      }),
    );
  },
};

function counting(sessions) {
  return listen(
    createServer(
      nodeSessions(sessions, async (request, response) => {
        const session = await sessions.get(request);
        json(response, { count: countIn(session.data) });
      }),
    ),
  );
}

function json(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

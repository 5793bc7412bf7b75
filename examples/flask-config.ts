// Flask's configuration, pasted: this handler and a Flask application with the same SECRET_KEY have one session.
import assert from "node:assert/strict";
import { webSessions } from "hipflask/adapters/web";
import { FlaskCookie } from "hipflask/codec";
import { flaskConfig } from "hipflask/flask";
import { createSessions } from "hipflask";

const SECRET_KEY = "192b9bdd22ab9ed4d12e236c78afcb9a-not-this-one";
const sessions = createSessions(
  flaskConfig({ SECRET_KEY, SESSION_COOKIE_SAMESITE: "Lax", PERMANENT_SESSION_LIFETIME: 24 * 60 * 60 }),
);

const handle = webSessions(sessions, async (request) => {
  const { data } = await sessions.get(request);
  data.count = Number(data.count ?? 0) + 1;
  return Response.json(data);
});

// What Flask would send to a browser that has logged in there.
const fromFlask = new FlaskCookie([SECRET_KEY]).seal('{"_permanent":true,"user_id":7}');
const response = await handle(
  new Request("http://localhost/", { headers: { Cookie: `session=${fromFlask}` } }),
);

assert.deepEqual(await response.json(), { _permanent: true, count: 1, user_id: 7 });
console.log(response.headers.getSetCookie()[0]);

// A logout is final: a request that is under way does not bring the session back, and a copy of the cookie leads nowhere.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createSessions, serverSide } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";

const sessions = createSessions<{ seen?: boolean }>({ storage: serverSide(new MemoryStore()) });
sessions.on("session.gone", ({ message }) => console.log(message));
const bell = new EventEmitter();

const handle = webSessions(sessions, async (request) => {
  const session = await sessions.get(request);
  switch (new URL(request.url).pathname) {
    case "/login":
      await session.regenerate({ user: "ada" });
      break;
    case "/slow": {
      session.data.seen = true;
      const logout = once(bell, "logout");
      bell.emit("under way");
      await logout;
      break;
    }
    case "/logout":
      await session.destroy();
      bell.emit("logout");
      break;
    default:
  }
  return Response.json(session.user ?? null);
});

const browser = new TestClient(handle);
await browser.get("/login");
const copy = (await browser.cookie("session"))!;

const underWay = once(bell, "under way");
const slow = browser.get("/slow");
await underWay;
await browser.get("/logout");
assert.deepEqual((await slow).headers.getSetCookie(), []);

assert.equal(await (await browser.get("/")).json(), null);
await browser.setCookie("session", copy);
assert.equal(await (await browser.get("/")).json(), null);

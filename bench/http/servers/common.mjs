/** What the servers of all frameworks have in common. */
import { createSessions, signedCookie } from "../../../dist/index.js";
import { SECRET, sessionOf } from "../../lib/samples.mjs";

export { SECRET };

/** What a session holds beside its count: about 100 bytes of JSON in all. */
export const { count: _, ...REST } = sessionOf(100);

/** One more visit, as a handler counts it whose session is a plain object. */
export function countIn(data) {
  if (data.count === undefined) Object.assign(data, REST);
  data.count = (data.count ?? 0) + 1;
  return data.count;
}

/** As large as a signed session: what it costs to send any cookie. */
export const CONSTANT_COOKIE = `session=${"x".repeat(169)}; HttpOnly; Path=/; SameSite=Lax`;

/** hipflask as it comes; `ambient: false` goes without `sessions.current()`, which the peers do not have. */
export function nativeSessions(options = {}) {
  return createSessions({ secretKey: SECRET, storage: signedCookie(), ...options });
}

/** Starts a server of Node's on a free port of this machine, and tells the port. */
export function listen(server) {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ port: server.address().port }));
  });
}

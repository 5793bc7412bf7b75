import { checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import { beginOnNode } from "./node-begin.ts";
import type { NodeRequest, NodeResponse } from "./node-exchange.ts";
import { standsIn } from "./node-upgrade.ts";

/** Middleware of Express' kind, which Connect and Polka take too. */
export type ExpressMiddleware = (
  request: NodeRequest,
  response: NodeResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Sessions for Express 4 and 5. `sessions.get(req)` and `cookies(req)` take the request. Add it before what uses sessions.
 *
 * The session is committed when the response's headers are written; until it is stored the response is held back, so a
 * redirect always finds it. Where the store fails, the answer is 503. For the upgrade to a WebSocket it does nothing, also as Socket.IO's
 * `io.engine.use(…)`: there `sessions.fromRequest(socket.request)` gives the session.
 *
 * @example
 * app.use(expressSessions(sessions));
 * app.get("/count", async (req, res) => {
 *   const session = await sessions.get(req);
 *   session.data.count = (session.data.count ?? 0) + 1;
 *   res.json({ count: session.data.count });
 * });
 */
export function expressSessions<Data extends object>(sessions: SessionManager<Data>): ExpressMiddleware {
  checkSessions(sessions, "expressSessions(sessions)");
  return (request, response, next) => {
    if (sessions.isBound(request) || standsIn(response)) {
      next();
      return;
    }
    sessions.run(beginOnNode(sessions, request, request, response).exchange, next, response);
  };
}

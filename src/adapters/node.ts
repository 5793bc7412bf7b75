import { UnauthorizedError } from "../errors.ts";
import { checkHandler, checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import { beginOnNode } from "./node-begin.ts";
import type { NodeRequest, NodeResponse } from "./node-exchange.ts";
import { refusalOf } from "./refusal.ts";

/**
 * Sessions for `node:http`, `node:https` and `node:http2`. `sessions.get(request)` and `cookies(request)` take the
 * request. The session is committed when the response's headers are written, by whatever call that happens. Session data that
 * cannot be stored makes that call throw, before anything is sent; where the handler does not catch it, the answer is 500.
 * A session that is kept on a server holds the response back until it is stored; where the store fails, the answer is 503.
 *
 * @example
 * createServer(
 *   nodeSessions(sessions, async (request, response) => {
 *     const session = await sessions.get(request);
 *     session.data.count = (session.data.count ?? 0) + 1;
 *     response.end(`You were here ${session.data.count} times.\n`);
 *   }),
 * ).listen(3000);
 */
export function nodeSessions<Data extends object, Req extends NodeRequest, Res extends NodeResponse, Result>(
  sessions: SessionManager<Data>,
  handler: (request: Req, response: Res) => Result,
): (request: Req, response: Res) => Result | undefined {
  checkSessions(sessions, "nodeSessions(sessions, handler)");
  checkHandler(handler, "nodeSessions(sessions, handler)");
  return (request, response) => {
    if (sessions.isBound(request)) return handler(request, response);
    const { exchange, head } = beginOnNode(sessions, request, request, response);
    // Node has no error handler: what nobody catches ends the process, and neither a visitor nor a store may do that.
    const answer = (error: unknown): undefined => {
      if (error instanceof UnauthorizedError && !response.headersSent) {
        response.writeHead(error.status, error.headers);
        response.end();
        return;
      }
      if (error !== exchange.failure && refusalOf(error) === undefined) throw error;
      head.fail(error);
    };
    try {
      const result = sessions.run(exchange, () => handler(request, response), response);
      return result instanceof Promise ? (result.catch(answer) as Result) : result;
    } catch (error) {
      return answer(error);
    }
  };
}

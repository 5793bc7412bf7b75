import type { SessionManager } from "../session/index.ts";
import { type NodeRequest, type NodeResponse, onHead, openNodeExchange } from "./node-exchange.ts";

/**
 * Sessions for `node:http`, `node:https` and `node:http2`. `sessions.get(request)` and `cookies(request)` take the
 * request. The session is committed when the response's headers are written, by whatever call that happens. A session that
 * cannot be stored makes that call throw, before anything is sent; where the handler does not catch it, the answer is 500.
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
  return (request, response) => {
    if (sessions.isBound(request)) return handler(request, response);
    const exchange = openNodeExchange(sessions, request);
    sessions.bind(request, exchange);
    onHead(response, exchange);
    // Node has no error handler: what nobody catches ends the process, and a visitor can make a session too large.
    const answer = (error: unknown): undefined => {
      if (error !== exchange.failure || response.headersSent) throw error;
      response.statusCode = 500;
      response.end("Internal Server Error");
    };
    try {
      const result = sessions.run(exchange, () => handler(request, response));
      return result instanceof Promise ? (result.catch(answer) as Result) : result;
    } catch (error) {
      return answer(error);
    }
  };
}

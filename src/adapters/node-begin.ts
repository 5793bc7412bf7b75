import type { Exchange, SessionManager } from "../session/index.ts";
import { type NodeRequest, type NodeResponse, openNodeExchange } from "./node-exchange.ts";
import { Head } from "./node-head.ts";

/** A request of Node's begins: from now on its session is asked for with `context`, and its response waits for the session. */
export function beginOnNode<Data extends object>(
  sessions: SessionManager<Data>,
  context: object,
  request: NodeRequest,
  response: NodeResponse,
): { exchange: Exchange<Data>; head: Head } {
  const exchange = openNodeExchange(sessions, request);
  sessions.bind(context, exchange);
  return { exchange, head: new Head(response, exchange) };
}

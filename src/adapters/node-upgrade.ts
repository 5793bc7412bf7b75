import type { NodeResponse } from "./node-exchange.ts";

/**
 * Whether this only stands in for a response while a connection becomes a WebSocket, as Engine.IO has it for middleware: it is never sent, so
 * it can neither be held back nor bring a cookie.
 */
export function standsIn(response: NodeResponse): boolean {
  return typeof (response as Partial<NodeResponse>).getHeaderNames !== "function";
}

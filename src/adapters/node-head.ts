import type { Exchange } from "../session/index.ts";
import { commitAtHead, type NodeResponse } from "./node-exchange.ts";
import { holdUntilStored } from "./node-hold.ts";

/** Commits the exchange before the response's headers leave, and puts its own among them. */
export function beforeHead<Data extends object>(response: NodeResponse, exchange: Exchange<Data>): void {
  if (exchange.mayWait) holdUntilStored(response, exchange);
  else commitAtHead(response, exchange);
}

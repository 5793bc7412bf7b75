import type { Exchange } from "../session/index.ts";
import type { NodeResponse } from "./node-exchange.ts";
import { withExchange } from "./node-headers.ts";
import { Hold } from "./node-hold.ts";
import { refuse, type Sender } from "./node-refuse.ts";

/**
 * Commits the exchange before the response's headers leave, and puts its own among them.
 *
 * @returns what answers with an error that the handler did not catch, where that is still possible
 */
export function beforeHead<Data extends object>(
  response: NodeResponse,
  exchange: Exchange<Data>,
): (error: unknown) => void {
  const sender = { writeHead: response.writeHead, end: response.end } as Sender;
  insertHead(response, exchange);
  if (exchange.mayWait) {
    const hold = new Hold(response, exchange, sender);
    return (error) => hold.fail(error);
  }
  commitAtEnd(response, exchange);
  return (error) => refuse(response, error, sender);
}

type Call = (this: NodeResponse, ...args: unknown[]) => NodeResponse;

/** Every way to send headers goes through `writeHead`. */
function insertHead<Data extends object>(response: NodeResponse, exchange: Exchange<Data>): void {
  const target = response as { writeHead: Call };
  const { writeHead } = target;
  let isDone = false;
  target.writeHead = function (status, ...rest) {
    if (isDone) return writeHead.call(this, status, ...rest);
    void exchange.commit();
    const result = writeHead.call(this, status, ...withExchange(this, exchange, rest));
    // Not before: Node may refuse the headers, and the next attempt needs ours too.
    isDone = true;
    return result;
  };
}

/** Node's end() fixes the length and marks the response as ended before it writes the headers: too late for an error. */
function commitAtEnd<Data extends object>(response: NodeResponse, exchange: Exchange<Data>): void {
  const target = response as { end: Call };
  const { end } = target;
  target.end = function (...args) {
    void exchange.commit();
    return end.apply(this, args);
  };
}

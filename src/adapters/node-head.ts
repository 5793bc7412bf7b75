import type { Exchange } from "../session/index.ts";
import { checkStatus } from "./node-errors.ts";
import type { NodeResponse } from "./node-exchange.ts";
import { withExchange } from "./node-headers.ts";
import { Hold } from "./node-hold.ts";
import { intercept, type Layer, type Methods, type Sending } from "./node-methods.ts";
import { refuse } from "./node-refuse.ts";
import { isRefusal } from "./refusal.ts";

/** The head of a response: before it leaves, the exchange is committed, and its headers are put into it. */
export class Head implements Layer {
  readonly #response: NodeResponse;
  /** The response's methods as they were before ours. */
  readonly #before: Methods;
  readonly #hold: Hold | undefined;
  /** Undefined once there is nothing more to do. */
  #exchange: Pick<Exchange, "commit" | "failure" | "hasHeaders" | "writeTo"> | undefined;

  /** @param answer answers what could not be stored, where that is still possible. Default: an error of ours */
  constructor(
    response: NodeResponse,
    exchange: Pick<Exchange, "commit" | "failure" | "hasHeaders" | "writeTo" | "mayWait">,
    answer?: (error: unknown) => void,
  ) {
    this.#response = response;
    this.#exchange = exchange;
    const { mayWait } = exchange;
    this.#before = intercept(response, mayWait ? HELD : SENT, this);
    if (mayWait) this.#hold = new Hold(response, this.#before, (status) => this.#commit(status), answer);
  }

  /** Answers with an error that the handler did not catch, where that is still possible. */
  fail(error: unknown): void {
    if (this.#hold === undefined) refuse(this.#response, error, this.#before);
    else this.#hold.fail(error);
  }

  /** The answer is not the handler's any more: nothing is stored for it, and no header of ours goes with it. */
  leave(): void {
    this.#exchange = undefined;
  }

  #commit(status: number): Promise<void> | undefined {
    if (this.#exchange !== undefined && isRefusal(this.#exchange, status)) this.leave();
    return this.#exchange?.commit();
  }

  /** @internal */
  call(method: Sending, args: unknown[]): unknown {
    return method === "end" ? this.#end(args) : this.#writeHead(args);
  }

  /** Every way to send headers goes through `writeHead`. */
  #writeHead([status, ...rest]: unknown[]): unknown {
    if (this.#exchange !== undefined) void this.#commit(checkStatus(status));
    const exchange = this.#exchange;
    const args = exchange === undefined ? rest : withExchange(this.#response, exchange, rest);
    const result = this.#before.writeHead.call(this.#response, status, ...args);
    // Not before: Node may refuse the headers, and the next attempt needs ours too.
    this.#exchange = undefined;
    return result;
  }

  /** Node's end() fixes the length and marks the response as ended before it writes the headers: too late for an error. */
  #end(args: unknown[]): unknown {
    void this.#commit(this.#response.statusCode);
    return this.#before.end.apply(this.#response, args);
  }
}

const SENT: readonly Sending[] = ["writeHead", "end"];
/** Where the response waits for its session, `Hold` commits. */
const HELD: readonly Sending[] = ["writeHead"];

import type { Exchange } from "../session/index.ts";
import type { NodeResponse } from "./node-exchange.ts";
import { withExchange } from "./node-headers.ts";
import { Hold } from "./node-hold.ts";
import { checkStatus } from "./node-look.ts";
import { refuse, type Sender } from "./node-refuse.ts";
import { isRefusal } from "./refusal.ts";

type Call = (this: NodeResponse, ...args: unknown[]) => NodeResponse;

/** The head of a response: before it leaves, the exchange is committed, and its headers are put into it. */
export class Head {
  readonly #response: NodeResponse;
  readonly #sender: Sender;
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
    this.#sender = { writeHead: response.writeHead, end: response.end } as Sender;
    this.#insert();
    if (exchange.mayWait)
      this.#hold = new Hold(response, this.#sender, (status) => this.#commit(status), answer);
    else this.#commitAtEnd();
  }

  /** Answers with an error that the handler did not catch, where that is still possible. */
  fail(error: unknown): void {
    if (this.#hold === undefined) refuse(this.#response, error, this.#sender);
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

  /** Every way to send headers goes through `writeHead`. */
  #insert(): void {
    const target = this.#response as { writeHead: Call };
    const { writeHead } = target;
    target.writeHead = (status, ...rest) => {
      if (this.#exchange !== undefined) void this.#commit(checkStatus(status));
      const exchange = this.#exchange;
      const args = exchange === undefined ? rest : withExchange(this.#response, exchange, rest);
      const result = writeHead.call(this.#response, status, ...args);
      // Not before: Node may refuse the headers, and the next attempt needs ours too.
      this.#exchange = undefined;
      return result;
    };
  }

  /** Node's end() fixes the length and marks the response as ended before it writes the headers: too late for an error. */
  #commitAtEnd(): void {
    const target = this.#response as { end: Call };
    const { end } = target;
    target.end = (...args) => {
      void this.#commit(this.#response.statusCode);
      return end.apply(this.#response, args);
    };
  }
}

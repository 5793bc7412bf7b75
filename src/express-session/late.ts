import type { ServerResponse } from "node:http";
import { intercept, type Layer, type Methods, type Sending } from "../adapters/node-methods.ts";
import type { SessionExchange } from "./session-exchange.ts";

/** Makes the end of a response whose headers have left wait until what was changed since is stored. */
export class LateSave implements Layer {
  readonly #response: ServerResponse;
  readonly #exchange: SessionExchange;
  readonly #fail: (error: unknown) => void;
  readonly #before: Methods;
  #state: "open" | "saving" | "through" = "open";

  /** @param fail is told what could not be stored */
  constructor(response: ServerResponse, exchange: SessionExchange, fail: (error: unknown) => void) {
    this.#response = response;
    this.#exchange = exchange;
    this.#fail = fail;
    this.#before = intercept(response, ["end"], this);
  }

  /** @internal */
  call(_end: Sending, args: unknown[]): unknown {
    if (this.#state === "saving") return this.#response;
    const saving = this.#state === "open" ? this.#exchange.commitLate() : undefined;
    if (saving === undefined) return this.#end(args);
    this.#state = "saving";
    saving.then(
      () => this.#finish(args),
      (error: unknown) => {
        // What `commit` refused is answered already.
        if (error !== this.#exchange.failure) this.#fail(error);
        this.#finish(args);
      },
    );
    return this.#response;
  }

  #finish(args: unknown[]): void {
    this.#state = "through";
    this.#end(args);
  }

  #end(args: unknown[]): unknown {
    return this.#before.end.apply(this.#response, args);
  }
}

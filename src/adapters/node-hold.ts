import type { ServerResponse } from "node:http";
import { DrainWaiters } from "./node-drain.ts";
import { checkChunk, checkStatus, refuseHeaders } from "./node-errors.ts";
import type { NodeResponse } from "./node-exchange.ts";
import { setGiven } from "./node-headers.ts";
import { lookSent, mayLookEnded, type SentLook } from "./node-look.ts";
import { intercept, type Layer, type Method, type Methods, SENDING, type Sending } from "./node-methods.ts";
import { refuse } from "./node-refuse.ts";

/** For how many milliseconds an application may think about another answer. */
const PATIENCE = 5000;

type Call = [method: Sending, args: unknown[]];
type Target = Omit<ServerResponse, Sending> & Record<Sending, Method>;

/**
 * Holds a response back until its session is stored, from the first call that would send any of it. Meanwhile it looks
 * sent to the application. When the session cannot be stored, the client gets to see an error in its place.
 */
export class Hold implements Layer {
  readonly #target: Target;
  readonly #sender: Methods;
  readonly #commit: (status: number) => Promise<void> | undefined;
  readonly #answer: ((error: unknown) => void) | undefined;
  readonly #next: Methods;
  /** `refused`: the client got an error, and what the application still sends goes nowhere. */
  #state: "open" | "held" | "through" | "refused" = "open";
  /** What the application has sent meanwhile. */
  #calls: Call[] = [];
  #status = 200;
  #reason: string | undefined;
  #look: SentLook | undefined;
  #waiters: DrainWaiters | undefined;
  #failure: unknown;

  /**
   * @param sender the response's methods as they were before ours
   * @param commit called once with the status; what it returns is waited for
   * @param answer gives another answer, within five seconds, in place of one that was whole and could not be stored. Default: an error of ours
   */
  constructor(
    response: NodeResponse,
    sender: Methods,
    commit: (status: number) => Promise<void> | undefined,
    answer?: (error: unknown) => void,
  ) {
    const target = response as unknown as Target;
    this.#target = target;
    this.#sender = sender;
    this.#commit = commit;
    this.#answer = answer;
    this.#next = intercept(response, SENDING, this);
  }

  /** @internal */
  call(method: Sending, args: unknown[]): unknown {
    const target = this.#target;
    // As Node does it: what stands in front of us, such as compression, chooses the headers when they are written.
    if (this.#state === "open" && method === "flushHeaders") target.writeHead(target.statusCode);
    if (this.#state === "open") this.#begin(method === "writeHead" ? Number(args[0]) : target.statusCode);
    if (this.#state === "held") return this.#keep(method, args);
    if (this.#state === "refused") return this.#drop(method, args);
    return this.#next[method].apply(target, args);
  }

  /** Answers with an error that the handler did not catch, unless it has answered already. */
  fail(error: unknown): void {
    if (!this.#target.writableEnded) this.#refuse(error);
  }

  #begin(status: number): void {
    // Also where the commit throws: then the application may give another answer.
    this.#state = "through";
    const stored = this.#commit(status);
    if (stored === undefined) return;
    this.#state = "held";
    void stored.then(
      () => this.#state === "held" && this.#release(),
      (error: unknown) => this.#state === "held" && this.#refuse(error),
    );
  }

  /** Notes a call, and throws at once what Node would throw later. */
  #keep(method: Sending, args: unknown[]): unknown {
    const target = this.#target;
    if (method === "writeHead") {
      if (this.#look !== undefined) refuseHeaders("write");
      const [status, ...rest] = args;
      checkStatus(status);
      const reason = setGiven(target as unknown as NodeResponse, rest);
      target.statusCode = Number(status);
      args = [status, reason];
    } else if (method === "write" || (args[0] && typeof args[0] !== "function")) checkChunk(args[0]);
    if (this.#look === undefined) {
      this.#status = checkStatus(target.statusCode);
      if (hasReason(target)) this.#reason = target.statusMessage;
      this.#look = lookSent(target as unknown as NodeResponse);
    }
    this.#calls.push([method, args]);
    if (method === "end" && mayLookEnded(target as unknown as NodeResponse)) this.#look.ended();
    if (method !== "write") return target;
    this.#look.full();
    this.#waiters ??= new DrainWaiters(target);
    return false;
  }

  /** What happened is done now. */
  #release(): void {
    const calls = this.#letThrough();
    if (calls.length === 0) return;
    const target = this.#target;
    target.statusCode = this.#status;
    if (hasReason(target)) target.statusMessage = this.#reason!;
    try {
      let goesOn: unknown;
      for (const [method, args] of calls) {
        const result = this.#next[method].apply(target, args);
        if (method === "write") goesOn = result;
      }
      if (goesOn === true && !target.writableEnded) this.#waiters?.tell();
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** What happened is forgotten. */
  #refuse(error: unknown): void {
    const calls = this.#letThrough();
    const isWriting = calls.length > 0 && calls.at(-1)![0] !== "end";
    if (this.#answer !== undefined && !isWriting && !this.#target.headersSent) {
      for (const name of this.#target.getHeaderNames()) this.#target.removeHeader(name);
      this.#answer(error);
      // Whoever has called the middleware as a promise does not listen any more.
      setTimeout(() => this.#target.headersSent || this.#end(error), PATIENCE).unref();
      return;
    }
    if (isWriting) tellWriter(this.#target, error);
    this.#end(error);
    for (const [method, args] of calls) this.#drop(method, args);
  }

  #end(error: unknown): void {
    refuse(this.#target as unknown as NodeResponse, error, this.#sender);
    this.#state = "refused";
    this.#failure = error;
  }

  #letThrough(): Call[] {
    this.#state = "through";
    this.#look?.takeOff();
    this.#look = undefined;
    this.#waiters?.stop();
    return this.#calls.splice(0);
  }

  /** Whoever waits for the call gets to know that it failed. */
  #drop(method: Sending, args: unknown[]): unknown {
    const callback = args.findLast((arg) => typeof arg === "function") as Method | undefined;
    if (callback !== undefined) process.nextTick(callback, this.#failure);
    return method === "write" ? false : this.#target;
  }
}

/** Whether a reason was set. HTTP/2 has none, and warns whoever asks for it. */
function hasReason(target: Target): boolean {
  return Object.hasOwn(target, "statusMessage");
}

/** A pipeline that goes on writing would wait for ever. */
function tellWriter(target: Target, error: unknown): void {
  target.on("error", () => undefined);
  target.prependOnceListener("finish", () => target.emit("error", error));
}

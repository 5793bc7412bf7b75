import type { ServerResponse } from "node:http";
import type { Exchange } from "../session/index.ts";
import { insertHead, type NodeResponse } from "./node-exchange.ts";
import { refuse } from "./node-refuse.ts";

const SENDING = ["writeHead", "write", "end", "flushHeaders"] as const;
const HEADERS = ["setHeader", "setHeaders", "appendHeader", "removeHeader"] as const;

type Sending = (typeof SENDING)[number];
type Setting = (typeof HEADERS)[number];
type Method = (...args: unknown[]) => unknown;
type Target = Omit<ServerResponse, Sending | Setting> & Record<Sending | Setting, Method>;

/**
 * Holds a response back until its session is stored, from the first call that would send any of it. Meanwhile it looks
 * sent to the application. When the session cannot be stored, the client gets to see an error in its place.
 */
export function holdUntilStored<Data extends object>(response: NodeResponse, exchange: Exchange<Data>): void {
  const target = response as unknown as Target;
  for (const method of SENDING) {
    target[method] = (...args) => {
      const stored = exchange.commit();
      const held = stored === undefined ? undefined : new Held(target);
      for (const name of SENDING) delete (target as Partial<Target>)[name];
      insertHead(response, exchange);
      if (stored === undefined || held === undefined) return target[method](...args);
      held.begin();
      void stored.then(
        () => held.release(),
        (error: unknown) => held.refuse(error),
      );
      return target[method](...args);
    };
  }
}

/** What an application does to a response that waits. */
class Held {
  readonly #target: Target;
  readonly #calls: [method: Sending, args: unknown[]][] = [];
  /** The response's own properties that are hidden meanwhile. */
  readonly #hidden = new Map<string, PropertyDescriptor | undefined>();

  constructor(target: Target) {
    this.#target = target;
  }

  begin(): void {
    const { statusCode } = this.#target;
    for (const method of SENDING) this.#put(method, { value: this.#keeper(method) });
    for (const method of HEADERS) this.#put(method, { value: refuseHeader });
    this.#put("headersSent", { value: true });
    this.#put("writableEnded", { get: () => this.#hasEnded });
    this.#put("finished", { get: () => this.#hasEnded });
    this.#put("statusCode", { get: () => statusCode, set: () => undefined });
  }

  /** What happened is done now. */
  release(): void {
    this.#uncover();
    const target = this.#target;
    try {
      let goesOn: unknown;
      for (const [method, args] of this.#calls) {
        const result = target[method](...args);
        if (method === "write") goesOn = result;
      }
      if (goesOn === true) target.emit("drain");
    } catch (error) {
      // The application's own mistake, such as a header that Node refuses: too late for it to catch.
      refuse(target as unknown as NodeResponse, error);
    }
  }

  /** What happened is forgotten. */
  refuse(error: unknown): void {
    this.#uncover();
    refuse(this.#target as unknown as NodeResponse, error);
  }

  get #hasEnded(): boolean {
    return this.#calls.at(-1)?.[0] === "end";
  }

  /** A writer is asked to wait. */
  #keeper(method: Sending): Method {
    return (...args) => {
      if (!this.#hasEnded) this.#calls.push([method, args]);
      return method === "write" ? false : this.#target;
    };
  }

  #put(name: string, descriptor: PropertyDescriptor): void {
    this.#hidden.set(name, Object.getOwnPropertyDescriptor(this.#target, name));
    Object.defineProperty(this.#target, name, { ...descriptor, configurable: true });
  }

  #uncover(): void {
    for (const [name, descriptor] of this.#hidden) {
      delete (this.#target as unknown as Record<string, unknown>)[name];
      if (descriptor !== undefined) Object.defineProperty(this.#target, name, descriptor);
    }
  }
}

function refuseHeader(): never {
  throw Object.assign(new Error("Cannot change headers after they are sent to the client"), {
    code: "ERR_HTTP_HEADERS_SENT",
  });
}

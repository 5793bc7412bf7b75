import type { NodeResponse } from "./node-exchange.ts";

/** The methods by which a response is sent. */
export const SENDING = ["writeHead", "write", "end", "flushHeaders"] as const;

export type Sending = (typeof SENDING)[number];
export type Method = (this: unknown, ...args: unknown[]) => unknown;
export type Methods = Readonly<Record<Sending, Method>>;

/** Takes calls of a response's methods in their place. */
export interface Layer {
  call(method: Sending, args: unknown[]): unknown;
}

/**
 * Puts a layer before methods of a response. Of several layers the last one is asked first.
 *
 * @returns the methods as they were before
 */
export function intercept(response: object, methods: readonly Sending[], layer: Layer): Methods {
  const target = response as Layered;
  const { writeHead, write, end, flushHeaders } = target;
  const level = freeLevel(target);
  target[level.slot] = layer;
  for (const method of methods) target[method] = level.methods[method];
  return { writeHead, write, end, flushHeaders };
}

type Layered = Record<Sending, Method> & Record<symbol, Layer | undefined> & Pick<NodeResponse, "req">;

/**
 * The methods of one layer, the same for all responses. V8 keeps a function that is assigned to an object, and all that the function
 * sees, until the next full collection: a closure for each response would keep every request until then.
 */
class Level {
  /** Under this name a response has its layer. */
  readonly slot: symbol = Symbol("hipflask.layer");
  readonly methods: Methods;

  constructor() {
    const { slot } = this;
    const asking = (method: Sending): Method =>
      function (this: unknown, ...args) {
        return (this as Layered)[slot]!.call(method, args);
      };
    this.methods = {
      writeHead: asking("writeHead"),
      write: asking("write"),
      end: asking("end"),
      flushHeaders: asking("flushHeaders"),
    };
  }
}

const levels: Level[] = [];

function freeLevel(target: Layered): Level {
  return levels.find(({ slot }) => target[slot] === undefined) ?? levels[levels.push(new Level()) - 1]!;
}

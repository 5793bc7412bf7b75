import type { ServerResponse } from "node:http";

type Target = Pick<ServerResponse, "emit" | "listeners" | "on">;
type Listener = Parameters<Target["on"]>[1];

/**
 * Those who begin to wait for a response to drain. Middleware may keep them elsewhere, as `compression` keeps them at the stream that
 * compresses: no event of the response's reaches them there.
 */
export class DrainWaiters {
  readonly #target: Target;
  readonly #listeners: Listener[] = [];

  constructor(target: Target) {
    this.#target = target;
    const { on } = target;
    const own = Object.getOwnPropertyDescriptor(target, "on");
    target.on = (type: string, listener: Listener) => {
      if (type === "drain") this.#listeners.push(listener);
      return on.call(target, type, listener);
    };
    this.stop = () => {
      if (own === undefined) Reflect.deleteProperty(target, "on");
      else Object.defineProperty(target, "on", own);
    };
  }

  /** Nobody more is noted. */
  readonly stop: () => void;

  /** The response has drained. */
  tell(): void {
    const known = this.#target.listeners("drain");
    this.#target.emit("drain");
    for (const listener of this.#listeners)
      if (!known.includes(unwrapped(listener))) listener.call(this.#target);
  }
}

/** What `once` was given, which `listeners` tells in its place. */
function unwrapped(listener: Listener): Listener {
  return (listener as { listener?: Listener }).listener ?? listener;
}

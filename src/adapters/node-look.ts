import { HEADERS_SENT, refuseHeaders } from "./node-errors.ts";
import type { NodeResponse } from "./node-exchange.ts";

/** Makes a response look sent to the application, until that is taken off again. */
export interface SentLook {
  /** Something was written, and there is no room for more. */
  full(): void;
  /** All was written, and not all has left. */
  ended(): void;
  takeOff(): void;
}

export function lookSent(response: NodeResponse): SentLook {
  return goesByHeader(response) ? new HeaderLook(response) : new CoveredLook(response);
}

/**
 * Whether nobody takes a response for a whole one because it looks ended. Where its connection is none, as in functions of AWS, whoever has
 * made it reads it then.
 */
export function mayLookEnded({ socket }: NodeResponse): boolean {
  // One that waits for its turn has none yet.
  return !socket || "pipe" in socket;
}

/** What Node's responses of HTTP/1 go by. */
interface HeaderResponse {
  _header: unknown;
  finished: boolean;
  /** How many bytes have not left. */
  outputSize: number;
}

/** Of a response that goes by these three. Others would do, too, but to add and delete properties takes longer than to store a session. */
class HeaderLook implements SentLook {
  readonly #response: HeaderResponse;
  readonly #before: HeaderResponse;
  #isFull = false;

  constructor(response: NodeResponse) {
    this.#response = response as unknown as HeaderResponse;
    const { _header, finished, outputSize } = this.#response;
    this.#before = { _header, finished, outputSize };
    this.#response._header = HELD._header;
  }

  full(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    Object.defineProperty(this.#response, "writableNeedDrain", { value: true, configurable: true });
  }

  ended(): void {
    this.#response.finished = HELD.finished;
    this.#response.outputSize = HELD.outputSize;
  }

  takeOff(): void {
    const { _header, finished, outputSize } = this.#before;
    this.#response._header = _header;
    this.#response.finished = finished;
    this.#response.outputSize = outputSize;
    if (this.#isFull) Reflect.deleteProperty(this.#response, "writableNeedDrain");
  }
}

const HELD: HeaderResponse = { _header: "held", finished: true, outputSize: 1 };

type Setters = Readonly<Record<string, (name: string) => unknown>>;

const SETTERS: Setters = {
  setHeader: () => refuseHeaders("set"),
  setHeaders: () => refuseHeaders("set"),
  appendHeader: () => refuseHeaders("append"),
  removeHeader: () => refuseHeaders("remove"),
};

/** Of any response, by properties in front of its own. */
class CoveredLook implements SentLook {
  readonly #response: NodeResponse;
  /** What was there before: the response's own property, or none. */
  readonly #before = new Map<string, PropertyDescriptor | undefined>();

  constructor(response: NodeResponse) {
    this.#response = response;
    this.#cover({ _header: "held", headersSent: true, writableEnded: false, finished: false, ...SETTERS });
    this.#cover({ writableFinished: false, writableNeedDrain: false });
  }

  full(): void {
    this.#cover({ writableNeedDrain: true });
  }

  ended(): void {
    this.#cover({ finished: true, writableEnded: true });
  }

  takeOff(): void {
    for (const [name, own] of this.#before) {
      Reflect.deleteProperty(this.#response, name);
      if (own !== undefined) Object.defineProperty(this.#response, name, own);
    }
  }

  #cover(looks: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(looks)) {
      if (!this.#before.has(name))
        this.#before.set(name, Object.getOwnPropertyDescriptor(this.#response, name));
      Object.defineProperty(this.#response, name, { value, writable: true, configurable: true });
    }
  }
}

/** By prototype: whether responses go by what {@link HeaderLook} sets. */
const going = new WeakMap<object, boolean>();

function goesByHeader(response: NodeResponse): boolean {
  const prototype = Object.getPrototypeOf(response) as object;
  let goes = going.get(prototype);
  if (goes === undefined) {
    const held = Object.create(prototype, Object.getOwnPropertyDescriptors(HELD)) as NodeResponse;
    goes = looksHeld(held);
    going.set(prototype, goes);
  }
  return goes;
}

function looksHeld(response: NodeResponse): boolean {
  try {
    const { headersSent, writableEnded, writableFinished } = response;
    return headersSent && writableEnded && !writableFinished && Object.keys(SETTERS).every(refuses);
  } catch {
    // A response of HTTP/2 is nothing without its stream.
    return false;
  }

  function refuses(name: string): boolean {
    try {
      (response as unknown as Setters)[name]!("x-hipflask-probe");
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === HEADERS_SENT;
    }
  }
}

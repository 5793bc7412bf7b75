/** The way to a store: each operation takes its time, is counted, and fails while that kind of operation is down. */
import { setTimeout as delay } from "node:timers/promises";

export class Line {
  #operations = [];
  #latency = { read: 3, write: 3 };
  #down;

  /** @param {"read" | "write"} kind @param {string} name what the count calls it */
  async pass(kind, name) {
    const isDown = this.#down === kind;
    this.#operations.push({ kind, name });
    await delay(this.#latency[kind]);
    if (isDown) throw new Error(`The store's ${name} is down.`);
  }

  /** Milliseconds of every later operation of the kind. */
  slow(kind, milliseconds) {
    this.#latency[kind] = milliseconds;
  }

  /** Operations of this kind that begin from now on fail; undefined: none. */
  break(kind) {
    this.#down = kind;
  }

  /** What was asked since the last call. */
  takeOperations() {
    return this.#operations.splice(0);
  }
}

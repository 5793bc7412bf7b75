/** Milliseconds after which nobody waits any longer for somebody who does not end. */
const PATIENCE = 5000;

/** Lets those who work on one session of a store do so one after the other, as far as they are in this process. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(sid: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(sid);
    const turn = before === undefined ? work() : patiently(before).then(work);
    const ended = turn.catch(() => undefined);
    this.#last.set(sid, ended);
    void ended.then(() => {
      if (this.#last.get(sid) === ended) this.#last.delete(sid);
    });
    return turn;
  }
}

function patiently(promise: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE);
    void promise.then(() => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

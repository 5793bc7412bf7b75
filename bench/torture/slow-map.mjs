/** What every peer's store stands on: JSON texts in a Map, behind a line. */
export class SlowMap {
  #line;
  #texts = new Map();

  constructor(line) {
    this.#line = line;
  }

  async get(key) {
    await this.#line.pass("read", "get");
    const text = this.#texts.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** The value as it is at the call. */
  async set(key, value) {
    const text = JSON.stringify(value);
    await this.#line.pass("write", "set");
    this.#texts.set(key, text);
  }

  /** A later end for what is there. */
  touch() {
    return this.#line.pass("write", "touch");
  }

  async delete(key) {
    await this.#line.pass("write", "delete");
    this.#texts.delete(key);
  }

  keys() {
    return [...this.#texts.keys()];
  }

  /** Everything ends. */
  clear() {
    this.#texts.clear();
  }
}

/** The same for libraries that want to be called back: express-session, and @fastify/session, which took its stores over. */
export function callbackStore(map) {
  const called = (promise, callback) => {
    promise.then((value) => callback(null, value), callback);
  };
  return {
    get: (key, callback) => called(map.get(key), callback),
    set: (key, value, callback) => called(map.set(key, value), callback),
    touch: (_key, _session, callback) => called(map.touch(), callback),
    destroy: (key, callback) => called(map.delete(key), callback),
  };
}

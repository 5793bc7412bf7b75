/** A store of hipflask's behind a line: one pass for each operation. */
export class SlowStore {
  #line;
  #store;
  #keys = new Set();

  constructor(line, store) {
    this.#line = line;
    this.#store = store;
  }

  async create(key, ...rest) {
    await this.#line.pass("write", "create");
    this.#keys.add(key.id);
    return this.#store.create(key, ...rest);
  }

  async load(...given) {
    await this.#line.pass("read", "load");
    return this.#store.load(...given);
  }

  async save(...given) {
    await this.#line.pass("write", "save");
    return this.#store.save(...given);
  }

  async replace(key, version, retired, nextKey, ...rest) {
    await this.#line.pass("write", "replace");
    this.#keys.add(nextKey.id);
    return this.#store.replace(key, version, retired, nextKey, ...rest);
  }

  async touch(...given) {
    await this.#line.pass("write", "touch");
    return this.#store.touch(...given);
  }

  async delete(...given) {
    await this.#line.pass("write", "delete");
    return this.#store.delete(...given);
  }

  /** Under what it ever kept something. */
  keys() {
    return [...this.#keys];
  }

  /** Everything ends. */
  clear() {
    this.#store.close();
  }
}

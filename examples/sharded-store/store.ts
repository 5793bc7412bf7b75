import { createHash } from "node:crypto";
import type { SaveResult, SessionKey, SessionStore } from "hipflask";

type Whole = Required<SessionStore>;

/** All sessions of a user are in one store, so listing and ending them stays one step. */
export class ShardedStore implements SessionStore {
  readonly #stores: readonly Whole[];
  constructor(stores: readonly Whole[]) {
    this.#stores = stores;
  }
  #at(place: string): Whole {
    const number = createHash("sha256").update(place).digest().readUInt32BE();
    return this.#stores[number % this.#stores.length]!;
  }
  #of = ({ owner, id }: SessionKey): Whole => this.#at(owner ?? id);
  create: Whole["create"] = (key, ...rest) => this.#of(key).create(key, ...rest);
  load: Whole["load"] = (key, now) => this.#of(key).load(key, now);
  save: Whole["save"] = (key, ...rest) => this.#of(key).save(key, ...rest);
  touch: Whole["touch"] = (key, ...rest) => this.#of(key).touch(key, ...rest);
  delete: Whole["delete"] = (key) => this.#of(key).delete(key);
  listOwned: Whole["listOwned"] = (owner, now) => this.#at(owner).listOwned(owner, now);
  deleteOwned: Whole["deleteOwned"] = (owner, ...rest) => this.#at(owner).deleteOwned(owner, ...rest);
  setup: Whole["setup"] = async () => void (await Promise.all(this.#stores.map((store) => store.setup())));

  /** A login leads from a visitor's store to the user's. Nobody knows the new ID until both are written. */
  replace: Whole["replace"] = async (key, version, retired, nextKey, record, now) => {
    const next = this.#of(nextKey);
    if (next === this.#of(key)) return next.replace(key, version, retired, nextKey, record, now);
    const created = (await next.create(nextKey, record, now))!;
    let result: SaveResult | undefined;
    try {
      result = await this.save(key, version, retired, now);
    } finally {
      if (result?.outcome !== "saved") await next.delete(nextKey);
    }
    return result.outcome === "saved" ? { ...result, version: created } : result;
  };
  /** Twice: what was getting a new ID meanwhile may have moved to a store that had been emptied already. */
  deleteAll: Whole["deleteAll"] = async (now) => {
    let ended = 0;
    for (const store of [...this.#stores, ...this.#stores]) ended += await store.deleteAll(now);
    return ended;
  };
  deleteExpired: Whole["deleteExpired"] = async (limit, now) => {
    let left = limit;
    for (const store of this.#stores) if (left > 0) left -= await store.deleteExpired(left, now);
    return limit - left;
  };
  /** One store after the other: a place begins with the number of its store. */
  list: Whole["list"] = async (after = "", limit, now) => {
    const number = Number(/^[0-2]/.exec(after)?.[0] ?? 0);
    const page = await this.#stores[number]!.list(after.slice(1) || undefined, limit, now);
    if (page.next !== undefined) return { ...page, next: `${number}${page.next}` };
    return { ...page, next: number + 1 < this.#stores.length ? `${number + 1}` : undefined };
  };
}

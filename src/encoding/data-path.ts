import { DataError } from "../errors.ts";

/** The deepest nesting that is written or read. Flask fails between 300 and 1,000 levels, depending on its own stack. */
export const MAX_DEPTH = 256;

/** The place of a value in the list or dict that holds it; undefined for what is written first, which stands nowhere. */
export type Key = string | number | undefined;

/** Why a value cannot be written, in words that hold nothing of it. */
export class Unwritable extends TypeError {}

/** Where a writer is in the data, so that its errors name the place, as in `cart[3].fn`. */
export class DataPath {
  /** The keys that lead to the container being written; longer than `#depth` where an earlier branch went deeper. */
  readonly #keys: (string | number)[] = [];
  #depth = 0;
  #level = 0;
  /** The key that is being read in that container: for what throws when it is touched. */
  at: Key;

  /** What stands at `key` is written next. */
  enter(key: Key): void {
    if (key !== undefined) this.#keys[this.#depth++] = key;
    this.at = undefined;
  }

  leave(key: Key): void {
    if (key !== undefined) this.#depth--;
  }

  /** One more level of nesting, as a reader counts them. @throws DataError when there are too many */
  open(): void {
    if (++this.#level <= MAX_DEPTH) return;
    throw new DataError(
      "UNSERIALIZABLE",
      `${formatPath(this.#keys.slice(0, 3))}…`,
      `is nested deeper than ${MAX_DEPTH} levels, or contains itself.`,
    );
  }

  close(): void {
    this.#level--;
  }

  /** @param what what the value at `key` is, as in `a function` */
  refuse(key: Key, what: string): never {
    throw this.error(key, `is ${what}, which cannot be written. Take plain data.`);
  }

  /** For a number that may as well be an int as a float in Python. */
  refuseUnclear(key: Key): never {
    throw new DataError(
      "UNREPRESENTABLE",
      this.#format(key),
      "was in this list both as a Python int and as a Python float, and has moved. Say which is meant: new PyFloat(n) or BigInt(n).",
    );
  }

  /** The error for something that threw when it was read, as getters and proxies do. */
  unreadable(cause: unknown): DataError {
    return this.error(this.at, "cannot be read: its getter or proxy threw.", cause);
  }

  /** The error for what could not be written. What an application's own tag says of it may hold its value, and stays the cause. */
  unwritable(key: Key, cause: unknown): DataError {
    const reason = cause instanceof Unwritable ? cause.message : "its tag threw.";
    return this.error(key, `cannot be written: ${reason}`, cause);
  }

  error(key: Key, problem: string, cause?: unknown): DataError {
    const options = cause === undefined ? undefined : { cause };
    return new DataError("UNSERIALIZABLE", this.#format(key), problem, options);
  }

  #format(key: Key): string {
    const keys = this.#keys.slice(0, this.#depth);
    return formatPath(key === undefined ? keys : [...keys, key]);
  }
}

/** `["cart", 3, "fn"]` as `cart[3].fn`. */
function formatPath(keys: readonly (string | number)[]): string {
  let path = "";
  for (const key of keys) {
    if (typeof key === "number") path += `[${key}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(key)) path += path === "" ? key : `.${key}`;
    else path += `[${JSON.stringify(key)}]`;
  }
  return path;
}

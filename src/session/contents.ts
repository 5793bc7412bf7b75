import type { Dict } from "../codec/index.ts";
import { setOwn } from "../encoding/plain.ts";
import type { NumberTypes } from "../encoding/python-json.ts";
import { refuseReserved, RESERVED, withOwn } from "./reserved.ts";
import { copyData } from "./schema.ts";
import type { Settings } from "./settings.ts";
import { takeOver } from "./take-over.ts";

/** What a session begins its request with. */
export interface FirstContents<Data extends object> {
  readonly data: Data;
  /** Stored keys that are not the application's: reserved ones, and those its schema does not know. They are kept. */
  readonly hidden: Dict;
  readonly numberTypes: NumberTypes | undefined;
  /** The data of an empty session. */
  readonly empty: () => Data;
}

/** What a session holds: the application's data, and its own values beside them. */
export class Contents<Data extends object> {
  data: Data;
  readonly #settings: Settings<Data>;
  readonly #empty: () => Data;
  #hidden: Dict;
  #numberTypes: NumberTypes | undefined;

  constructor(settings: Settings<Data>, { data, hidden, numberTypes, empty }: FirstContents<Data>) {
    this.data = data;
    this.#settings = settings;
    this.#empty = empty;
    this.#hidden = hidden;
    this.#numberTypes = numberTypes;
  }

  /** All of it as it is stored. @throws DataError for what cannot be */
  text(): string {
    return this.#settings.json.stringify(this.#stored(), this.#numberTypes);
  }

  #stored(): Dict {
    const data = this.data as Dict;
    if (!this.#settings.flask) refuseReserved(data);
    const hidden = Object.keys(this.#hidden);
    if (hidden.length === 0) return data;
    // Two loops cost less than two spreads.
    const stored: Dict = {};
    for (const key of hidden) setOwn(stored, key, this.#hidden[key]);
    for (const key of Object.keys(data)) setOwn(stored, key, data[key]);
    return stored;
  }

  /** A value of the session's own. */
  own(key: string): unknown {
    const holder = this.#holder(key);
    return Object.hasOwn(holder, key) ? holder[key] : undefined;
  }

  /** Undefined takes the value out. */
  setOwn(key: string, value: unknown): void {
    const holder = this.#holder(key);
    if (value === undefined) delete holder[key];
    else holder[key] = value;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#holder(key), key);
  }

  // Under Flask's rules and without a schema, data is Flask's dict, whole, so these keys are seen in it.
  #holder(key: string): Dict {
    return this.#settings.flask && (this.#settings.schema === undefined || Object.hasOwn(this.data, key))
      ? (this.data as Dict)
      : this.#hidden;
  }

  /** Leaves nothing but the values of the session's own under these keys. */
  clear(kept: readonly string[]): void {
    this.data = this.#empty();
    this.#hidden = withOwn(this.#hidden, kept);
  }

  /** Whether nothing is worth a cookie. */
  get isEmpty(): boolean {
    const { json, schema, flask } = this.#settings;
    const alone = flask?.permanent === undefined ? RESERVED.created : RESERVED.permanent;
    const isNothing = (key: string): boolean =>
      key === alone || key === RESERVED.adopted || (key === RESERVED.sid && flask === undefined);
    for (const key in this.#hidden) if (!isNothing(key)) return false;
    const data = this.data as Dict;
    if (schema === undefined)
      return !Object.keys(data).some((key) => data[key] !== undefined && !isNothing(key));
    return json.stringify(data, this.#numberTypes) === json.stringify(this.#empty() as Dict);
  }

  /** Data as they are now, for {@link restore}. */
  copy(): Dict {
    return copyData(this.data);
  }

  /** Goes back to data of before. What the application has of the data's objects stays in it. */
  restore(before: Dict): void {
    this.data = takeOver(this.data as Dict, before) as Data;
    this.#numberTypes?.adopt(this.data);
  }

  /** Goes on as `current`, and keeps the data's objects as {@link restore} does. */
  become(current: Contents<Data>): void {
    this.data = takeOver(this.data as Dict, current.data as Dict) as Data;
    current.#numberTypes?.adopt(this.data);
    this.#hidden = current.#hidden;
    this.#numberTypes = current.#numberTypes;
  }

  /** The JSON bytes of each key, largest first. */
  largestKeys(): [key: string, bytes: number][] {
    const sizes = Object.entries(this.#stored()).map(([key, value]): [string, number] => [
      key,
      this.#settings.json.stringify({ [key]: value }).length - 2,
    ]);
    return sizes.toSorted((a, b) => b[1] - a[1]).slice(0, 3);
  }
}

import { seconds } from "../clock.ts";
import { type Dict, Tuple } from "../codec/index.ts";
import type { NumberTypes } from "../encoding/python-json.ts";
import { isDict, setOwn } from "../encoding/plain.ts";
import { DataError, HeadersSentError } from "../errors.ts";
import { readOnly } from "./read-only.ts";
import { FRESH, refuseReserved, RESERVED } from "./reserved.ts";
import type { Settings } from "./settings.ts";

/** What a response has to do about a session's cookie. `created` is in seconds since 1970. */
export type SessionOutcome =
  | { readonly action: "none" | "delete" }
  | {
      readonly action: "write";
      readonly text: string;
      readonly permanent: boolean;
      readonly created: number;
    };

/** One message for the user's next page. */
export interface Flash {
  readonly category: string;
  readonly message: unknown;
}

/** What a session begins its request with. */
export interface SessionStart<Data> {
  readonly data: Data;
  /** Stored keys that are not the application's: reserved ones, and those its schema does not know. They are kept. */
  readonly hidden: Dict;
  readonly numberTypes: NumberTypes | undefined;
  /** The stored text as `stringify` would write it; undefined where it must be made from the data. */
  readonly text: string | undefined;
  readonly isNew: boolean;
  /** The data of an empty session. */
  readonly empty: () => Data;
}

/**
 * One visitor's session during one request.
 *
 * `data` is a plain object: change it as you like, at any depth. What changed is found by comparing with what was loaded,
 * and goes out with the response.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- `Session` alone stands for any session
export class Session<Data extends object = any> {
  readonly #settings: Settings<Data>;
  #data: Data;
  #hidden: Dict;
  readonly #numberTypes: NumberTypes | undefined;
  readonly #empty: () => Data;
  #baseline: string;
  #new: boolean;
  #forced: boolean | undefined;
  #accessed = false;
  #sealed = false;
  #shown: Flash[] | undefined;

  /** @internal Sessions come from `sessions.get`. */
  constructor(settings: Settings<Data>, start: SessionStart<Data>) {
    this.#settings = settings;
    this.#data = start.data;
    this.#hidden = start.hidden;
    this.#numberTypes = start.numberTypes;
    this.#empty = start.empty;
    this.#new = start.isNew;
    this.#baseline = start.text ?? this.#stringify();
  }

  /** The application's data. After the headers have left it is read-only, because no change could reach the browser. */
  get data(): Data {
    this.#accessed = true;
    return this.#sealed ? readOnly(this.#data, refuseLate) : this.#data;
  }

  set data(data: Data) {
    this.#write("session.data");
    if (!isDict(data)) throw new DataError("UNSERIALIZABLE", "", "must be an object like { count: 1 }.");
    this.#data = data;
  }

  /** Whether anybody looked at the session in this request. If so, the response depends on the cookie, and says it (Vary). */
  get accessed(): boolean {
    return this.#accessed;
  }

  /** Whether this visitor came without a session that is good. */
  get new(): boolean {
    this.#accessed = true;
    return this.#new;
  }

  /** Whether anything differs from what was loaded. Set it to force a write, or (false) to keep the changes out of the response. */
  get modified(): boolean {
    this.#accessed = true;
    return this.#forced ?? this.#stringify() !== this.#baseline;
  }

  set modified(modified: boolean) {
    this.#write("session.modified");
    this.#forced = modified;
  }

  /** Whether the cookie outlives the browser's own session. Default: false. */
  get permanent(): boolean {
    return this.#meta(RESERVED.permanent) === true;
  }

  set permanent(permanent: boolean) {
    this.#setMeta(
      "session.permanent",
      RESERVED.permanent,
      this.#settings.flask || permanent ? permanent : undefined,
    );
  }

  /** Who is logged in: what `regenerate({ user })` was given, or Flask-Login's user. */
  get user(): string | undefined {
    const user = this.#meta(RESERVED.user);
    return typeof user === "string" ? user : undefined;
  }

  /** When the user logged in; undefined for a session that Flask made. */
  get authenticatedAt(): Date | undefined {
    const at = this.#meta(RESERVED.authenticated);
    return typeof at === "number" ? new Date(at * 1000) : undefined;
  }

  /**
   * Reads, changes and writes the data in one step: `change` gets the newest data there is. In a cookie that is the data of
   * this request.
   */
  async update(change: (data: Data) => void | Promise<void>): Promise<void> {
    this.#write("session.update");
    await change(this.#data);
    // What changed after the headers had left is lost.
    if (this.#sealed) throw new HeadersSentError("session.update");
  }

  /**
   * Gives the session a new identity and keeps its data. Call it at login, so that whoever planted the old cookie has
   * nothing.
   *
   * @param options.user who is logged in from now on; null: nobody; left out: as before
   */
  async regenerate(options: { user?: string | null } = {}): Promise<void> {
    const { user } = options;
    if (user !== undefined) {
      if (typeof user !== "string" && user !== null)
        throw new TypeError("The user must be a string, or null for nobody.");
      this.#setMeta("session.regenerate", RESERVED.user, user ?? undefined);
      if (this.#settings.flask) this.#setMeta("session.regenerate", FRESH, user === null ? undefined : true);
      else
        this.#setMeta("session.regenerate", RESERVED.authenticated, user === null ? undefined : this.#now());
    }
    this.modified = true;
  }

  /** Empties the session: its data, its user, its messages. */
  clear(): void {
    this.#write("session.clear");
    const created = this.#hidden[RESERVED.created];
    this.#data = this.#empty();
    this.#hidden = created === undefined ? {} : { [RESERVED.created]: created };
    this.#forced = true;
  }

  /** Ends the session. What is written after it, in this request, begins another one. */
  async destroy(): Promise<void> {
    this.clear();
    this.#hidden = {};
    this.#new = true;
  }

  /** Keeps a message for the next page that asks: Flask's `flash`. */
  flash(message: unknown, category = "message"): void {
    const queue = this.#meta(RESERVED.flashes);
    const flashes = Array.isArray(queue) ? queue : [];
    this.#setMeta("session.flash", RESERVED.flashes, [...flashes, new Tuple([category, message])]);
  }

  /**
   * The messages kept by `flash`, taken out of the session: Flask's `get_flashed_messages`. Asked twice in a request, it
   * answers the same.
   *
   * @param categories only these; the others are taken out too, as in Flask
   */
  flashes(...categories: string[]): Flash[] {
    if (this.#shown === undefined) {
      const queue = this.#meta(RESERVED.flashes);
      this.#shown = Array.isArray(queue) ? queue.flatMap(toFlash) : [];
      if (queue !== undefined) this.#setMeta("session.flashes", RESERVED.flashes, undefined);
    }
    return categories.length === 0
      ? [...this.#shown]
      : this.#shown.filter((flash) => categories.includes(flash.category));
  }

  /**
   * @internal What is to be done when the headers are about to leave.
   *
   * @param reissue the cookie is to be made anew although nothing changed
   * @param startedAt when the loaded cookie was signed, in seconds since 1970
   */
  commit(reissue: boolean, startedAt: number | undefined): SessionOutcome {
    const { flask } = this.#settings;
    const text = this.#stringify();
    const modified = this.#forced ?? text !== this.#baseline;
    this.#sealed = true;
    if (!modified && !reissue) return { action: "none" };
    if (this.#isEmpty()) return { action: modified ? "delete" : "none" };
    if (flask || Object.hasOwn(this.#hidden, RESERVED.created)) return this.#written(text);
    this.#hidden[RESERVED.created] = this.#new ? this.#now() : (startedAt ?? this.#now());
    return this.#written(this.#stringify());
  }

  #written(text: string): SessionOutcome {
    const created = this.#hidden[RESERVED.created];
    return {
      action: "write",
      text,
      permanent: this.permanent,
      created: typeof created === "number" ? created : this.#now(),
    };
  }

  /** @internal From now on every change throws. */
  seal(): void {
    this.#sealed = true;
  }

  /** @internal The JSON bytes of each key, largest first. */
  largestKeys(): [key: string, bytes: number][] {
    const sizes = Object.entries(this.#stored()).map(([key, value]): [string, number] => [
      key,
      this.#settings.codec.stringify({ [key]: value }).length - 2,
    ]);
    return sizes.toSorted((a, b) => b[1] - a[1]).slice(0, 3);
  }

  /** Whether nothing is worth a cookie. */
  #isEmpty(): boolean {
    for (const key in this.#hidden) if (key !== RESERVED.created) return false;
    const { codec, schema } = this.#settings;
    if (schema === undefined) return Object.values(this.#data).every((value) => value === undefined);
    return codec.stringify(this.#data as Dict, this.#numberTypes) === codec.stringify(this.#empty() as Dict);
  }

  #stringify(): string {
    return this.#settings.codec.stringify(this.#stored(), this.#numberTypes);
  }

  #stored(): Dict {
    const data = this.#data as Dict;
    if (!this.#settings.flask) refuseReserved(data);
    const hidden = Object.keys(this.#hidden);
    if (hidden.length === 0) return data;
    // Two loops cost less than two spreads.
    const stored: Dict = {};
    for (const key of hidden) setOwn(stored, key, this.#hidden[key]);
    for (const key of Object.keys(data)) setOwn(stored, key, data[key]);
    return stored;
  }

  // Under Flask's rules and without a schema, data is Flask's dict, whole, so these keys are seen in it.
  #holder(key: string): Dict {
    return this.#settings.flask && (this.#settings.schema === undefined || Object.hasOwn(this.#data, key))
      ? (this.#data as Dict)
      : this.#hidden;
  }

  #meta(key: string): unknown {
    this.#accessed = true;
    const holder = this.#holder(key);
    return Object.hasOwn(holder, key) ? holder[key] : undefined;
  }

  #setMeta(what: string, key: string, value: unknown): void {
    this.#write(what);
    const holder = this.#holder(key);
    if (value === undefined) delete holder[key];
    else holder[key] = value;
    // In Flask an assignment is a change, whatever was there.
    if (this.#settings.flask) this.#forced = true;
  }

  #write(what: string): void {
    if (this.#sealed) throw new HeadersSentError(what);
    this.#accessed = true;
    this.#settings.refuseWrites?.();
  }

  #now(): number {
    return seconds(this.#settings.timing.clock);
  }
}

function refuseLate(): never {
  throw new HeadersSentError("A change of session.data");
}

/** Flask writes a tuple of category and message, Flask-Session a list of them. */
function toFlash(entry: unknown): Flash[] {
  return Array.isArray(entry) && entry.length === 2
    ? [{ category: String(entry[0]), message: entry[1] }]
    : [];
}

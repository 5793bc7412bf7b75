import type { Clock } from "../../clock.ts";
import { digestText } from "../../crypto/digest.ts";
import { MalformedError } from "../../errors.ts";
import type { Events } from "../events.ts";
import type { SessionKey } from "../store.ts";
import type { StoreGuard } from "./guarded-store.ts";
import type { RecordCodec } from "./record-codec.ts";

/** Texts in a store of sessions that no cookie leads to. */
export class Notes {
  readonly #guard: StoreGuard;
  readonly #codec: RecordCodec;
  readonly #clock: Clock;
  readonly #events: Events;

  constructor(guard: StoreGuard, codec: RecordCodec, clock: Clock, events: Events) {
    this.#guard = guard;
    this.#codec = codec;
    this.#clock = clock;
    this.#events = events;
  }

  /**
   * Keeps a text until an instant, unless there is one of that name already.
   *
   * @returns whether it was the first
   * @throws StoreError
   */
  async create(name: string, text: string, expires: Date): Promise<boolean> {
    const key = keyOf(name);
    const record = { data: this.#codec.encode(key, text), expires };
    const version = await this.#guard.call("create", (store) => store.create(key, record, this.#now()));
    return version !== undefined;
  }

  /** @throws StoreError */
  async read(name: string): Promise<string | undefined> {
    const key = keyOf(name);
    const record = await this.#guard.call("load", (store) => store.load(key, this.#now()));
    try {
      return record && this.#codec.decode(key, record.data);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#events.emit("record.corrupt");
      return undefined;
    }
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

/** No session's ID has this digest: what it is made of is longer than an ID, and has spaces. */
function keyOf(name: string): SessionKey {
  const id = digestText("sha256", Buffer.from(`hipflask note ${name}`, "utf8"), "base64url");
  return { id, owner: undefined };
}

import { MemoryStore as Records } from "../stores/memory.ts";
import { RecordsStore, tell } from "./records-store.ts";
import type { Callback, SessionData } from "./session.ts";
import type { Told } from "./store-shape.ts";

type Sessions = Record<string, SessionData>;

/** So many IDs are remembered before those whose sessions have ended are looked for. */
const FIRST_SWEEP = 1000;

/**
 * Sessions in the memory of one process, which forgets those that were used least recently when there are more than it may hold.
 * For development and for one process that may log everybody out when it restarts.
 */
export class MemoryStore extends RecordsStore {
  /** What `all` asks for, because records are kept under the hash of their ID. */
  readonly #sids = new Set<string>();
  #nextSweep = FIRST_SWEEP;

  constructor() {
    super(new Records());
  }

  /** Keeps a session under its ID. */
  override set(sid: string, session: SessionData, callback?: Callback): void {
    this.#sids.add(sid);
    if (this.#sids.size > this.#nextSweep) void this.#all().catch(() => undefined);
    super.set(sid, session, callback);
  }

  /** Ends the session with this ID. */
  override destroy(sid: string, callback?: Callback): void {
    this.#sids.delete(sid);
    super.destroy(sid, callback);
  }

  override clear(callback?: Callback): void {
    this.#sids.clear();
    super.clear(callback);
  }

  /** All sessions that live, by their IDs. */
  override all(callback: Told<Sessions>): void {
    tell(this.#all(), callback);
  }

  async #all(): Promise<Sessions> {
    this.#nextSweep = Infinity;
    const found = Object.create(null) as Sessions;
    for (const sid of this.#sids) {
      const stored = await this.read(sid);
      if (stored === undefined) this.#sids.delete(sid);
      else found[sid] = stored as unknown as SessionData;
    }
    this.#nextSweep = Math.max(2 * this.#sids.size, FIRST_SWEEP);
    return found;
  }

  /** How many sessions live. */
  override length(callback: Told<number>): void {
    tell(
      this.#all().then((sessions) => Object.keys(sessions).length),
      callback,
    );
  }
}

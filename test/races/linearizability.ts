import assert from "node:assert/strict";
import type { SessionKey, SessionRecord, SessionStore, StoredRecord, Version } from "../../src/session/store.ts";
import { seededRandom } from "../support/chaos-proxy.ts";
import type { Operation, Shown } from "./history.ts";
import { findContradiction } from "./wing-gong.ts";

export type OpenStore = (space: string) => Promise<{ store: SessionStore; close(): Promise<void> }>;

export interface HistoryOptions {
  /** What happens at random is the same for the same seed, as far as the store's answers come in the same order. */
  readonly seed: number;
  /** How many work at once, each with a store of its own on the same space. Default: 8. */
  readonly clients?: number;
  /** How many sessions they share; one that ends is followed by a new one. Default: 5. */
  readonly sessions?: number;
  /** How many operations each client calls. Default: 150. */
  readonly operations?: number;
  /** After how many milliseconds an operation counts as unanswered. Default: 1000. */
  readonly timeout?: number;
  /** Called when all is done, before the last look at what is left: ends whatever disturbs the stores. */
  readonly calm?: () => Promise<void>;
}

/**
 * Lets clients work on shared sessions at random, and checks that what they were answered is linearizable for each record,
 * and that each version stands for one state. An operation that was rejected or not answered in time may have happened or not.
 *
 * @returns how often each operation had which outcome
 * @throws AssertionError with the history that no order explains
 */
export async function checkHistories(open: OpenStore, options: HistoryOptions): Promise<Record<string, number>> {
  const { seed, clients = 8, calm } = options;
  const run = new Run(options);
  const opened = await Promise.all(Array.from({ length: clients }, () => open(`histories_${seed}`)));
  try {
    await opened[0]!.store.setup?.();
    await Promise.all(opened.map(({ store }, index) => run.work(store, index)));
    await calm?.();
    await run.lookAtAll(opened[0]!.store);
  } finally {
    await Promise.all(opened.map(({ close }) => close()));
  }
  run.check();
  return run.outcomes;
}

const NOW = new Date(Date.UTC(2031, 0, 1));

/** What a client has in hand when it writes: a version, and the value that it read with it. */
interface Known {
  readonly version: Version;
  readonly value: string;
}

/** The records that one session had, one after the other; all but the last were replaced or ended. */
interface Session {
  readonly keys: SessionKey[];
  /** What somebody saw last of the last record; undefined until then. */
  known: Known | undefined;
}

class Run {
  readonly outcomes: Record<string, number> = {};
  readonly #options: HistoryOptions;
  readonly #random: () => number;
  readonly #sessions: Session[];
  readonly #histories = new Map<string, Operation[]>();
  readonly #versions = new Map<string, Map<string, string>>();
  /** The calls of `deleteOwned`, which concern records that are yet to come too. */
  readonly #ends: { owner: string; operation: Operation }[] = [];
  #ticks = 0;
  #names = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#sessions = Array.from({ length: options.sessions ?? 5 }, (_, index) => ({
      keys: [this.#newKey(index)],
      known: undefined,
    }));
  }

  /** One client's life. */
  async work(store: SessionStore, client: number): Promise<void> {
    const remembered = new Map<string, Known>();
    for (let count = this.#options.operations ?? 150; count > 0; count--) {
      const index = this.#below(this.#sessions.length);
      const session = this.#sessions[index]!;
      // Now and then somebody comes with an old cookie, or with what it read some time ago.
      const key = session.keys.at(this.#random() < 0.85 ? -1 : -1 - this.#below(Math.min(4, session.keys.length)))!;
      const isLast = key === session.keys.at(-1);
      const shared = isLast && this.#random() < 0.6 ? session.known : undefined;
      const known = shared ?? remembered.get(key.id);
      const learned = await this.#step(store, client, index, key, known);
      if (learned === "gone" && isLast && session.known !== undefined && key === session.keys.at(-1)) {
        this.#follow(session, this.#newKey(index), undefined);
      } else if (typeof learned === "object") {
        remembered.set(key.id, learned);
        if (key === session.keys.at(-1)) session.known = learned;
      }
    }
  }
  ...
}

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { SessionKey, SessionStore } from "../../src/session/store.ts";
import { seededRandom } from "../support/chaos-proxy.ts";
import { type Known, Recorder } from "./recorder.ts";
import { findContradiction } from "./wing-gong.ts";

export type OpenStore = (space: string) => Promise<{ store: SessionStore; close(): Promise<void> }>;

export interface HistoryOptions {
  /** What happens at random is the same for the same seed, as far as the store's answers come in the same order. */
  readonly seed: number;
  /** How many work at once, each with a store of its own on the same space. Default: 8. */
  readonly clients?: number;
  /** How many sessions they share. Default: 5. */
  readonly sessions?: number;
  /** How many operations each client calls. Default: 200. */
  readonly operations?: number;
  /** After how many milliseconds an operation counts as unanswered. Default: 1000. */
  readonly timeout?: number;
  /** Called when the stores are open and set up: makes their work hard from now on. */
  readonly disturb?: () => void;
  /** Called when all have done their work: ends what disturbs the stores, so that the last look gets an answer. */
  readonly calm?: () => Promise<void> | void;
}

/**
 * Lets clients work on shared sessions at random, and checks that what they were answered is linearizable for each record,
 * and that a version stands for one state. What was rejected or not answered in time may have happened, then or later, or not.
 *
 * @returns how often each operation had which answer
 * @throws AssertionError with the history that no order explains
 */
export async function checkHistories(
  open: OpenStore,
  options: HistoryOptions,
): Promise<Record<string, number>> {
  const { seed, clients = 8, operations = 200, timeout = 1000, disturb, calm } = options;
  const recorder = new Recorder(timeout);
  const crowd = new Crowd(recorder, seededRandom(seed), options.sessions ?? 5);
  const opened = await Promise.all(Array.from({ length: clients }, () => open(`histories_${seed}`)));
  try {
    await opened[0]!.store.setup?.();
    disturb?.();
    await Promise.all(opened.map(({ store }, client) => crowd.work(store, client, operations)));
    await calm?.();
    for (const key of recorder.keys) await lookAt(key, opened[0]!.store, recorder);
  } finally {
    await Promise.all(opened.map(({ close }) => close()));
  }
  assert.deepEqual(recorder.problems, [], `seed ${seed}`);
  for (const key of recorder.keys) {
    const contradiction = findContradiction(recorder.historyOf(key));
    assert.equal(
      contradiction,
      undefined,
      `seed ${seed}, a record of which no order explains the answers: ${contradiction}`,
    );
  }
  return recorder.outcomes;
}

/** Loads a record until there is an answer. */
async function lookAt(key: SessionKey, store: SessionStore, recorder: Recorder): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await recorder.load(store, 0, key)) !== undefined) return;
    await sleep(50);
  }
  assert.fail("the store does not answer any more");
}

/** One session: its records' keys, one after the other. All but the last were replaced or ended, as far as anybody knows. */
interface Shared {
  readonly keys: SessionKey[];
  /** What somebody saw last of the last record. */
  known: Known | undefined;
}

const OWNERS = [undefined, "ada".padEnd(22, "_"), "bob".padEnd(22, "_")];

/**
 * What the clients share: the sessions, and chance. A key is new and becomes known when its record was made, as in real life,
 * but for the contested ones: those all try to create, again and again, and nobody deletes.
 */
class Crowd {
  readonly #recorder: Recorder;
  readonly #random: () => number;
  readonly #sessions: readonly Shared[];
  readonly #contested = new Set<SessionKey>();
  #names = 0;

  constructor(recorder: Recorder, random: () => number, sessions: number) {
    this.#recorder = recorder;
    this.#random = random;
    this.#sessions = Array.from({ length: sessions }, () => ({ keys: [], known: undefined }));
  }

  /** One client's life. */
  async work(store: SessionStore, client: number, operations: number): Promise<void> {
    const remembered = new Map<SessionKey, Known>();
    for (let count = 0; count < operations; count++) {
      const session = this.#pick(this.#sessions);
      const last = session.keys.at(-1);
      // Now and then somebody comes with an old cookie, or with what it read some time ago.
      const key = this.#chance(0.85) ? last : this.#pick(session.keys.slice(-4));
      if (key === undefined) {
        await this.#begin(store, client, session);
        continue;
      }
      const fresh = key === last && this.#chance(0.6) ? session.known : undefined;
      const learned = await this.#step(store, client, session, key, fresh ?? remembered.get(key));
      if (typeof learned === "object") remembered.set(key, learned);
      if (key !== session.keys.at(-1)) continue;
      if (typeof learned === "object") session.known = learned;
      else if (learned === "gone" && !this.#contested.has(key)) await this.#begin(store, client, session);
    }
  }

  /** Gives a session a new record. */
  async #begin(store: SessionStore, client: number, session: Shared): Promise<void> {
    const key = this.#newKey();
    if (key.owner === undefined) {
      this.#contested.add(key);
      this.#follow(session, key);
      return;
    }
    const created = await this.#recorder.create(store, client, key);
    if (typeof created === "object") this.#follow(session, key, created);
  }

  /** Does one thing to a record, and tells what is known of it afterwards. */
  async #step(
    store: SessionStore,
    client: number,
    session: Shared,
    key: SessionKey,
    known: Known | undefined,
  ): Promise<Known | "gone" | undefined> {
    const recorder = this.#recorder;
    const isContested = this.#contested.has(key);
    const choice = this.#random();
    if (known === undefined) {
      return isContested && choice < 0.7
        ? recorder.create(store, client, key)
        : recorder.load(store, client, key);
    }
    if (choice < 0.25) return recorder.load(store, client, key);
    if (choice < 0.6) return recorder.save(store, client, key, known);
    if (choice < 0.75) return recorder.touch(store, client, key, known);
    if (choice < 0.85) {
      const nextKey = this.#newKey();
      const { learned, next } = await recorder.replace(store, client, key, known, nextKey);
      if (typeof next === "object") this.#follow(session, nextKey, next);
      return learned;
    }
    if (isContested) return recorder.create(store, client, key);
    if (choice < 0.97 || key.owner === undefined) return recorder.delete(store, client, key);
    if (store.deleteOwned === undefined) return undefined;
    const spared = this.#pick(this.#sessions).keys.at(-1);
    await recorder.deleteOwned(store, client, key.owner, spared && this.#chance(0.5) ? [spared.id] : []);
    return undefined;
  }

  #follow(session: Shared, key: SessionKey, known?: Known): void {
    session.keys.push(key);
    session.known = known;
  }

  #newKey(): SessionKey {
    this.#names += 1;
    return { id: `history-${this.#names}`.padEnd(43, "_"), owner: this.#pick(OWNERS) };
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)]!;
  }
}

import { setTimeout as delay } from "node:timers/promises";
import type { SessionStore } from "hipflask";
import { expect } from "vitest";
import { checkedText, counts, recordKey, RECORDS, withCount, written } from "./counted-record.ts";
import { WorkerProcess } from "./worker-process.ts";

const WRITERS = 4;
const DAY = 24 * 60 * 60 * 1000;
/** How long a write may take after a writer died, in milliseconds. */
const STUCK = 2000;

interface Crashes {
  readonly kind: string;
  readonly place: string;
  /** One more process of the app. */
  readonly store: SessionStore;
}

/**
 * Four processes write the same records, and one of them at a time is killed and replaced: every read is whole, every
 * write that was acknowledged is there, and nobody holds a lock that nobody gives back.
 */
export async function surviveCrashes({ kind, place, store }: Crashes, kills: number): Promise<void> {
  const expires = new Date(Date.now() + DAY);
  await store.setup?.();
  for (let index = 0; index < RECORDS; index++) {
    await store.create(
      recordKey(index),
      { data: new TextEncoder().encode(written({})), expires },
      new Date(),
    );
  }
  const all: WorkerProcess[] = [];
  const begin = async (): Promise<WorkerProcess> => {
    const worker = await WorkerProcess.start(kind, place, "write", `writer-${all.length}`);
    all.push(worker);
    worker.go();
    return worker;
  };
  const writers = [];
  for (let index = 0; index < WRITERS; index++) writers.push(await begin());
  const reading = new AbortController();
  const reads = readUntil(reading.signal, store);
  let longest = 0;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const writer = writers.shift()!;
      while (writer.lines.length === 0) await delay(1);
      await delay(Math.random() * 20);
      await writer.kill();
      const start = performance.now();
      await countUp(store, kill % RECORDS, "test", expires);
      longest = Math.max(longest, performance.now() - start);
      writers.push(await begin());
    }
  } finally {
    reading.abort();
    await Promise.all(writers.map((writer) => writer.kill()));
  }
  expect(await reads).toBeGreaterThan(kills);
  expect(longest).toBeLessThan(STUCK);
  const kept = await Promise.all(Array.from({ length: RECORDS }, (_, index) => countsOf(store, index)));
  let acknowledged = 0;
  for (const [number, worker] of all.entries()) {
    for (const line of worker.lines) {
      const [index, count] = line.split(" ").map(Number) as [number, number];
      expect(kept[index]![`writer-${number}`]).toBeGreaterThanOrEqual(count);
    }
    acknowledged += worker.lines.length;
    // What a writer did last may have been kept without its hearing of it, and no more than that.
    const total = kept.reduce((sum, one) => sum + (one[`writer-${number}`] ?? 0), 0);
    expect(total - worker.lines.length).toBeOneOf([0, 1]);
  }
  if (process.env["HIPFLASK_LONG"] === "1") {
    console.log(
      `${kind}: ${acknowledged} writes, ${await reads} reads, ${kills} kills; longest ${longest} ms`,
    );
  }
}

async function countsOf(store: SessionStore, index: number): Promise<Record<string, number>> {
  return counts(checkedText((await store.load(recordKey(index), new Date()))!.data));
}

/** How many reads there were until then, none of which found a torn record. */
async function readUntil(signal: AbortSignal, store: SessionStore): Promise<number> {
  let reads = 0;
  while (!signal.aborted) {
    await countsOf(store, reads % RECORDS);
    reads += 1;
    await delay(1);
  }
  return reads;
}

async function countUp(store: SessionStore, index: number, name: string, expires: Date): Promise<void> {
  for (;;) {
    const current = (await store.load(recordKey(index), new Date()))!;
    const { text } = withCount(counts(checkedText(current.data)), name);
    const record = { data: new TextEncoder().encode(text), expires };
    const result = await store.save(recordKey(index), current.version, record, new Date());
    if (result.outcome === "saved") return;
  }
}

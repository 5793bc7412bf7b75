import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RecordStore } from "hipflask";
import { expect } from "vitest";
import { checkedText, counts, recordKey, RECORDS, written } from "./counted-record.ts";
import { WorkerProcess } from "./worker-process.ts";

const WRITERS = 4;
const DAY = 24 * 60 * 60 * 1000;
/** How long a write may take after a writer died, in milliseconds. */
const STUCK = 2000;

interface Crashes {
  readonly kind: string;
  readonly place: string;
  /** One more process of the app. */
  readonly store: RecordStore;
}

/** A writer, and the file in which it notes what was acknowledged. */
interface Writer {
  readonly name: string;
  readonly diary: string;
  readonly process: WorkerProcess;
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
  const folder = await mkdtemp(join(tmpdir(), "hipflask-diaries-"));
  const all: Writer[] = [];
  const begin = async (): Promise<Writer> => {
    const name = `writer-${all.length}`;
    const diary = join(folder, name);
    const writer = { name, diary, process: await WorkerProcess.start(kind, place, "write", name, diary) };
    all.push(writer);
    writer.process.go();
    return writer;
  };
  const writers: Writer[] = [];
  for (let index = 0; index < WRITERS; index++) writers.push(await begin());
  const reading = new AbortController();
  const reads = readUntil(reading.signal, store);
  let longest = 0;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const writer = writers.shift()!;
      while (!existsSync(writer.diary)) await delay(1);
      await delay(Math.random() * 20);
      await writer.process.kill();
      const start = performance.now();
      await store.create(recordKey(RECORDS + kill), { data: new Uint8Array(1), expires }, new Date());
      longest = Math.max(longest, performance.now() - start);
      writers.push(await begin());
    }
  } finally {
    reading.abort();
    await Promise.all(writers.map((writer) => writer.process.kill()));
  }
  expect(await reads).toBeGreaterThan(kills);
  expect(longest).toBeLessThan(STUCK);
  const kept = await Promise.all(Array.from({ length: RECORDS }, (_, index) => countsOf(store, index)));
  let acknowledged = 0;
  for (const { name, diary } of all) {
    const notes = existsSync(diary) ? (await readFile(diary, "utf8")).trimEnd().split("\n") : [];
    for (const note of notes) {
      const [index, count] = note.split(" ").map(Number) as [number, number];
      expect(kept[index]![name]).toBeGreaterThanOrEqual(count);
    }
    acknowledged += notes.length;
    // What a writer did last may have been kept without its hearing of it, and no more than that.
    const total = kept.reduce((sum, one) => sum + (one[name] ?? 0), 0);
    expect(total - notes.length).toBeOneOf([0, 1]);
  }
  await rm(folder, { recursive: true });
  if (process.env["HIPFLASK_LONG"] === "1") {
    console.log(
      `${kind}: ${acknowledged} writes, ${await reads} reads, ${kills} kills; longest ${longest.toFixed()} ms`,
    );
  }
}

async function countsOf(store: RecordStore, index: number): Promise<Record<string, number>> {
  return counts(checkedText((await store.load(recordKey(index), new Date()))!.data));
}

/** How many reads there were until then, none of which found a torn record. */
async function readUntil(signal: AbortSignal, store: RecordStore): Promise<number> {
  let reads = 0;
  while (!signal.aborted) {
    await countsOf(store, reads % RECORDS);
    reads += 1;
    await delay(1);
  }
  return reads;
}

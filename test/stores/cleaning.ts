import { setTimeout as delay } from "node:timers/promises";
import type { RecordStore } from "hipflask";
import { expect } from "vitest";
import { WorkerProcess } from "./worker-process.ts";

const PROCESSES = 8;
const DAY = 24 * 60 * 60 * 1000;

interface Cleaning {
  readonly kind: string;
  readonly place: string;
  readonly store: RecordStore;
  /** Fills the default table with so many records that expired yesterday. */
  readonly fill: (expired: number) => Promise<unknown>;
}

/** Eight processes clean at once while requests go on: each record is removed once, and no request has to wait for long. */
export async function cleanTogether({ kind, place, store, fill }: Cleaning, expired: number): Promise<void> {
  await store.setup?.();
  await fill(expired);
  const workers = await Promise.all(
    Array.from({ length: PROCESSES }, () => WorkerProcess.start(kind, place, "clean")),
  );
  const quiet = await requests(store, "quiet", delay(1000));
  const results = Promise.all(workers.map((worker) => worker.result()));
  for (const worker of workers) worker.go();
  const start = performance.now();
  const busy = await requests(store, "busy", results);
  const took = Math.round(performance.now() - start);
  const removed = ((await results) as number[]).reduce((sum, one) => sum + one, 0);
  expect(removed).toBe(expired);
  expect(await store.deleteExpired!(1000, new Date())).toBe(0);
  if (process.env["HIPFLASK_LONG"] === "1") {
    console.log(`${kind}: ${expired} removed in ${took} ms; requests took`, { quiet, busy });
  }
  expect(busy.longest).toBeLessThan(500);
}

/** How long requests took, in milliseconds, that loaded and saved one after the other until `end`. */
async function requests(
  store: RecordStore,
  name: string,
  end: Promise<unknown>,
): Promise<{ median: number; p99: number; longest: number }> {
  const ended = new AbortController();
  void end.finally(() => ended.abort());
  const key = { id: name.padEnd(43, "0"), owner: undefined };
  const record = { data: new Uint8Array(500), expires: new Date(Date.now() + DAY) };
  await store.create(key, record, new Date());
  const times: number[] = [];
  while (!ended.signal.aborted) {
    const start = performance.now();
    const loaded = await store.load(key, new Date());
    await store.save(key, loaded!.version, record, new Date());
    times.push(performance.now() - start);
    await delay(1);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Number(times[Math.floor((times.length - 1) * share)]!.toFixed(2));
  return { median: at(0.5), p99: at(0.99), longest: at(1) };
}

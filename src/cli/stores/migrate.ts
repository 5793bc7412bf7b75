import type { OwnedRecord, SessionStore } from "../../session/index.ts";
import { InterruptedError, type Io, print } from "../io.ts";
import { number, Progress } from "../progress.ts";
import { pages } from "./pages.ts";

/** How many records are under way at once. */
const PARALLEL = 20;

/** A moment at which every record was alive. */
const LONG_AGO = new Date(0);

type Outcome = "copied" | "updated" | "there already";

export interface MigrateOptions {
  /** Where an attempt has stopped. */
  readonly after?: string;
  readonly json?: true;
}

/**
 * Copies every record of one store into another, as it is: bytes, owner, when it was last seen, when it ends. What the other one has is
 * not replaced by what was seen earlier, so it can be done again, for what has changed since. Where it stops, it tells from where to go on.
 */
export async function migrate(
  from: SessionStore,
  to: SessionStore,
  { after, json }: MigrateOptions,
  io: Io,
): Promise<void> {
  const total = io.stderr.isTTY === true && after === undefined ? await count(from, io) : undefined;
  const progress = new Progress(io, "sessions", total);
  const counts: Record<Outcome, number> = { copied: 0, updated: 0, "there already": 0 };
  let done = after;
  try {
    for await (const { records, next } of pages(from, after)) {
      for (let i = 0; i < records.length; i += PARALLEL) {
        const outcomes = await Promise.all(records.slice(i, i + PARALLEL).map((record) => copy(record, to)));
        for (const outcome of outcomes) counts[outcome] += 1;
        progress.add(outcomes.length);
        if (io.signal?.aborted) throw new InterruptedError();
      }
      done = next;
    }
  } catch (error) {
    progress.end();
    if (done !== undefined) await print(io.stderr, `Up to here all is copied. Go on with: --after ${done}`);
    throw error;
  }
  progress.end();
  const { copied, updated, "there already": there } = counts;
  if (json) return print(io.stdout, JSON.stringify({ copied, updated, there, after }));
  const told = Object.entries(counts).map(([outcome, n]) => `${number(n)} ${outcome}`);
  if (after !== undefined) told.push("from --after on");
  await print(io.stdout, told.join(", "));
}

async function copy({ key, data, expires, seen }: OwnedRecord, to: SessionStore): Promise<Outcome> {
  const record = { data, expires };
  // To the other store it is the moment at which the session was last seen.
  if ((await to.create(key, record, seen)) !== undefined) return "copied";
  // What was used since the last time may have ended by what is there.
  const there = await to.load(key, LONG_AGO);
  if (there === undefined || there.seen > seen) return "there already";
  const isSame = Buffer.compare(there.data, data) === 0;
  if (isSame && isAsLate(there.seen, seen) && isAsLate(there.expires, expires)) return "there already";
  const { outcome } = await to.save(key, there.version, record, seen);
  return outcome === "saved" ? "updated" : "there already";
}

/** Some stores keep times to the second. */
function isAsLate(time: Date, other: Date): boolean {
  return other.getTime() - time.getTime() < 1000;
}

async function count(store: SessionStore, io: Io): Promise<number> {
  const progress = new Progress(io, "sessions counted");
  for await (const { records } of pages(store)) {
    progress.add(records.length);
    if (io.signal?.aborted) break;
  }
  progress.end();
  if (io.signal?.aborted) throw new InterruptedError();
  return progress.count;
}

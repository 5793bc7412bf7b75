/**
 * One process of several that use one store. Its arguments: the kind of store, where it is, its task, and what that needs.
 * It says "ready", and begins when it is told anything.
 */
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { RecordStore } from "hipflask";
import { FlaskFileStore } from "hipflask/stores/flask-session/file";
import { STORES } from "../../apps/demo/stores.ts";
import { checkedText, counts, recordKey, RECORDS, withCount } from "./counted-record.ts";

const [kind, place, task, ...more] = process.argv.slice(2) as [
  keyof typeof STORES | "flask-file",
  string,
  string,
  ...string[],
];
const store: RecordStore =
  kind === "flask-file" ? new FlaskFileStore({ directory: place }) : await STORES[kind](place);

const DAY = 24 * 60 * 60 * 1000;

/** A cleaner rests ten times as long as it works. */
const REST = 10;

/** Removes what has expired by the machine's clock until there is no more, or another process is at it. */
async function clean(): Promise<void> {
  const limit = 1000;
  let removed = 0;
  let batch;
  do {
    const start = performance.now();
    batch = await store.deleteExpired!(limit, new Date());
    removed += batch;
    await delay(REST * (performance.now() - start));
  } while (batch === limit);
  process.send!(removed);
}

/**
 * Counts up the number of `name` in one record after the other, and notes in the file `diary` which and how far, when the
 * store has said yes. What is in a file outlives this process.
 */
async function write(name: string, diary: string): Promise<void> {
  for (let round = 1; ; round++) {
    const index = round % RECORDS;
    const now = new Date();
    let current = (await store.load(recordKey(index), now))!;
    for (;;) {
      const { text, count } = withCount(counts(checkedText(current.data)), name);
      const record = { data: new TextEncoder().encode(text), expires: new Date(now.getTime() + DAY) };
      const result = await store.save(recordKey(index), current.version, record, now);
      if (result.outcome === "gone") throw new Error("A record is gone.");
      if (result.outcome === "saved") {
        appendFileSync(diary, `${index} ${count}\n`);
        break;
      }
      current = result.current;
    }
  }
}

process.send!("ready");
await once(process, "message");
await (task === "clean" ? clean() : write(more[0]!, more[1]!));
// A pool may have a timer that would go on for ever.
process.once("disconnect", () => process.exit());
process.disconnect();

import type { SessionStore } from "../../session/index.ts";
import { InterruptedError, type Io, print } from "../io.ts";
import { number, Progress } from "../progress.ts";

/** How many records are removed at a time, so that no request has to wait for long. */
const BATCH = 1000;

/** Removes the records of sessions that have ended. */
export async function cleanup(
  store: SessionStore,
  { json }: { readonly json?: true },
  io: Io,
): Promise<void> {
  const tell = (removed: number, text: string) => print(io.stdout, json ? JSON.stringify({ removed }) : text);
  if (store.deleteExpired === undefined)
    return tell(0, "This store removes the sessions that have ended by itself.");
  const progress = new Progress(io, "removed");
  let removed = BATCH;
  while (removed >= BATCH && io.signal?.aborted !== true) {
    removed = await store.deleteExpired(BATCH, new Date());
    progress.add(removed);
  }
  progress.end();
  await tell(progress.count, `${number(progress.count)} ended sessions removed.`);
  if (removed >= BATCH) throw new InterruptedError();
}

import { setImmediate as turn } from "node:timers/promises";
import type { OwnedRecord, SessionStore } from "../../session/index.ts";
import { UsageError } from "../io.ts";

/** How many records are looked at together. */
const PAGE = 500;

/** Some records, and where the next ones begin. */
export interface Page {
  readonly records: readonly OwnedRecord[];
  readonly next: string | undefined;
}

/**
 * All live records of a store, a page at a time, in no order.
 *
 * @param after the `next` of a page that was the last one
 * @throws UsageError where the store cannot list them
 */
export async function* pages(store: SessionStore, after?: string): AsyncGenerator<Page> {
  if (store.list === undefined) throw new UsageError("This store cannot list its sessions.");
  let next = after;
  do {
    const page = await store.list(next, PAGE, new Date());
    yield page;
    next = page.next;
    // A store whose driver answers at once leaves the event loop no turn of its own, in which Ctrl-C is heard.
    await turn();
  } while (next !== undefined);
}

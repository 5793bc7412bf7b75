import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { STORE_CHANNEL, type StoreCall } from "hipflask";

const requests = new AsyncLocalStorage<StoreCall[]>();

subscribe(STORE_CHANNEL, (call) => requests.getStore()?.push(call as StoreCall));

/** Runs the handler of a request, and notes in `calls` what it asked of a store, for the page to draw. */
export function notingStoreCalls<T>(calls: StoreCall[], handler: () => T): T {
  return requests.run(calls, handler);
}

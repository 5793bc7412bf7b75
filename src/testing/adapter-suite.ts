import type { AdapterUnderTest } from "./adapters/bench.ts";
import { cachesSuite } from "./adapters/caches.ts";
import { checkWith } from "./adapters/check.ts";
import { hangUpsSuite } from "./adapters/hang-ups.ts";
import { outagesSuite } from "./adapters/outages.ts";
import { racesSuite } from "./adapters/races.ts";
import { refusalsSuite } from "./adapters/refusals.ts";
import { requestsSuite } from "./adapters/requests.ts";
import { setCookiesSuite } from "./adapters/set-cookies.ts";
import { encrypted, slow, stored } from "./adapters/storages.ts";
import { writesSuite } from "./adapters/writes.ts";

/** What {@link adapterSuite} tests, and with what. */
export interface AdapterSuiteOptions extends AdapterUnderTest {
  /** The runner's function that defines a test: `test` of vitest, jest, bun and `node:test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
}

/**
 * Defines the tests that every adapter must pass, with sessions in cookies, in a store, in a slow one and in one that fails. They ask over
 * HTTP, or a handler of requests where there is no server.
 *
 * @example
 * import { adapterSuite } from "hipflask/testing";
 * import { describe, test } from "vitest";
 *
 * describe("mySessions", () => {
 *   adapterSuite({
 *     test,
 *     serve: async ({ sessions, respond, onError }) => {
 *       const app = new MyFramework().use(mySessions(sessions));
 *       app.all("*", (context) => respond(context, context.request));
 *       if (onError) app.onError(onError);
 *       return { fetch: app.fetch };
 *     },
 *   });
 * });
 */
export function adapterSuite({ test, ...adapter }: AdapterSuiteOptions): void {
  for (const storage of [encrypted, stored, slow]) {
    const check = checkWith(test, adapter, storage);
    writesSuite(check);
    setCookiesSuite(check);
    cachesSuite(check, storage.isStored);
    requestsSuite(check);
    refusalsSuite(check, storage.isStored);
    hangUpsSuite(check);
  }
  const check = checkWith(test, adapter, stored);
  racesSuite(check);
  outagesSuite(check, adapter.capabilities ?? {});
}

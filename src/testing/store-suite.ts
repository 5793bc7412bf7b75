import assert from "node:assert/strict";
import type { SessionStore } from "../session/store.ts";
import { bytesSuite } from "./stores/bytes.ts";
import type { StoreCapabilities } from "./stores/capabilities.ts";
import { cleaningSuite } from "./stores/cleaning.ts";
import type { Check } from "./stores/common.ts";
import { expirySuite } from "./stores/expiry.ts";
import { listSuite } from "./stores/list.ts";
import { ownersSuite } from "./stores/owners.ts";
import { racesSuite } from "./stores/races.ts";
import { recordsSuite } from "./stores/records.ts";

/** What {@link storeSuite} tests, and with what. */
export interface StoreSuiteOptions {
  /** The runner's function that defines a test: `test` of vitest, jest, bun and `node:test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /**
   * Opens a store on a space: a prefix, a table, a folder. Stores on one space share their records and stand for
   * processes of one app; stores on different spaces share none. The suite opens each space twice, calls `setup` on
   * both, and `close` when a test has ended. Names of spaces are lower-case letters, digits and underscores; none
   * comes twice, and each must be empty when it is first opened.
   */
  readonly open: (space: string) => Promise<{ store: SessionStore; close(): Promise<void> }>;
  /** What the store can do beyond what every store must. */
  readonly capabilities: StoreCapabilities;
}

/**
 * Defines the tests that every store must pass: what the comments of `SessionStore` promise, against the real backend.
 * The times that the suite tells a store have nothing to do with the machine's clock.
 *
 * @example
 * import { storeSuite } from "hipflask/testing";
 * import { describe, test } from "vitest";
 *
 * describe("MyStore", () => {
 *   storeSuite({
 *     test,
 *     open: async (space) => ({ store: new MyStore(client, { prefix: space }), close: async () => {} }),
 *     capabilities: { owners: true },
 *   });
 * });
 */
export function storeSuite({ test, open, capabilities }: StoreSuiteOptions): void {
  let spaces = 0;

  const withStores = async (run: (one: SessionStore, two: SessionStore) => Promise<void>): Promise<void> => {
    spaces += 1;
    const space = `suite_${spaces}`;
    const one = await open(space);
    try {
      const two = capabilities.atomic === false ? { ...one, close: async () => {} } : await open(space);
      try {
        await run(one.store, two.store);
      } finally {
        await two.close();
      }
    } finally {
      await one.close();
    }
  };

  const check: Check = (name, run) => {
    test(name, () =>
      withStores(async (one, two) => {
        await one.setup?.();
        await two.setup?.();
        await run(one, two);
      }),
    );
  };

  check("has the optional methods that it declares, and no others", async (store) => {
    assert.deepEqual(
      {
        deleteExpired: store.deleteExpired !== undefined,
        listOwned: store.listOwned !== undefined,
        deleteOwned: store.deleteOwned !== undefined,
        deleteAll: store.deleteAll !== undefined,
        list: store.list !== undefined,
      },
      {
        deleteExpired: capabilities.deleteExpired ?? false,
        listOwned: capabilities.owners ?? false,
        deleteOwned: capabilities.owners ?? false,
        deleteAll: capabilities.deleteAll ?? false,
        list: capabilities.list ?? false,
      },
    );
  });

  recordsSuite(check, (name, run) => {
    test(name, () => withStores(run));
  });
  expirySuite(check);
  bytesSuite(check, capabilities);
  racesSuite(check);
  cleaningSuite(check, capabilities);
  if (capabilities.owners === true) ownersSuite(check);
  if (capabilities.list === true) listSuite(check);
}

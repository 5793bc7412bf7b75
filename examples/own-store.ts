// A store of your own, on any database that can write one row only if nobody changed it since; and the suite that checks it.
import { test } from "node:test";
import { storeSuite } from "hipflask/testing";
import { Database } from "./own-store/database.ts";
import { OwnStore } from "./own-store/store.ts";

const spaces = new Map<string, Database>();
storeSuite({
  test,
  open: async (space) => {
    const database = spaces.get(space) ?? new Database();
    spaces.set(space, database);
    return { store: new OwnStore(database), close: async () => {} };
  },
  capabilities: { deleteExpired: true },
});

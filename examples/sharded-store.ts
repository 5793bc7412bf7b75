// Several stores that stand behind one: for more sessions than one database should hold. The suite checks it.
import { test } from "node:test";
import { SqliteStore } from "hipflask/stores/sqlite";
import { storeSuite } from "hipflask/testing";
import Database from "libsql";
import { ShardedStore } from "./sharded-store/store.ts";

const spaces: Record<string, SqliteStore[]> = {};
const open = async (space: string) => {
  const stores = (spaces[space] ??= [1, 2, 3].map(() => new SqliteStore(new Database(":memory:"))));
  return { store: new ShardedStore(stores), close: async () => {} };
};
storeSuite({ test, open, capabilities: { owners: true, deleteAll: true, deleteExpired: true, list: true } });

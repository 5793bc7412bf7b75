// In SQLite: one machine, one file. `libsql` here; `node:sqlite` and `better-sqlite3` in the same way.
import { SqliteStore } from "hipflask/stores/sqlite";
import Database from "libsql";
import { visit } from "./visit.ts";

const database = new Database(":memory:"); // in an application: a file
await visit(new SqliteStore(database));
database.close();

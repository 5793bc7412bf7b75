// A store before a store: this process reads what it has seen in the last five seconds from its own memory.
import { cachingStore } from "hipflask/stores/caching";
import { MemoryStore } from "hipflask/stores/memory";
import { SqliteStore } from "hipflask/stores/sqlite";
import Database from "libsql";
import { visit } from "./visit.ts";

const database = new Database(":memory:");
await visit(cachingStore(new MemoryStore(), new SqliteStore(database), { maxAge: 5 }));
database.close();

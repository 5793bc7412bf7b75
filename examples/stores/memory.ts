// In memory: for development, for tests, and for one process that may forget.
import { MemoryStore } from "hipflask/stores/memory";
import { visit } from "./visit.ts";

await visit(new MemoryStore({ maxRecords: 100_000 }));

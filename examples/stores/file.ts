// In files: one machine, several processes, and nothing to install.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore } from "hipflask/stores/file";
import { visit } from "./visit.ts";

const folder = await mkdtemp(join(tmpdir(), "sessions-")); // in an application: a folder that stays
await visit(new FileStore(folder));
await rm(folder, { recursive: true });

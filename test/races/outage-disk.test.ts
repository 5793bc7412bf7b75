import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type RunningApp, startApp } from "../support/client.ts";
import { goThrough, type Situation } from "./outage.ts";

const run = promisify(execFile);

const STORES = [
  { store: "file", path: (folder: string) => join(folder, "sessions") },
  { store: "sqlite", path: (folder: string) => join(folder, "sessions.db") },
];

/** Whether this process may have a file system of its own that it can fill. */
const mayMount = process.platform === "linux" && process.getuid?.() === 0;

for (const { store, path } of STORES) {
  const title = `an outage of the disk (${store})`;
  describe.skipIf(!mayMount)(
    mayMount ? title : `${title} (skipped: needs Linux and root, to mount a tmpfs)`,
    () => {
      let folder: string;
      let app: RunningApp;

      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), "hipflask-disk-"));
        await run("mount", ["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", folder]);
        app = await startApp({ STORAGE: "server", STORE: store, STORE_URL: path(folder), ADAPTER: "node" });
      }, 60_000);

      afterAll(async () => {
        await app?.stop();
        await run("umount", [folder]);
        await rm(folder, { recursive: true });
      });

      const filler = () => join(folder, "filler");
      const situations: Situation[] = [
        { name: "full", reads: true, begin: () => fill(filler()), end: () => rm(filler()) },
      ];
      // SQLite has its file open, and no file system lets itself be made read-only then.
      if (store === "file") {
        situations.push({
          name: "read-only",
          reads: true,
          begin: () => run("mount", ["-o", "remount,ro", folder]),
          end: () => run("mount", ["-o", "remount,rw", folder]),
        });
      }

      test.each(situations)("$name", { timeout: 60_000 }, (situation) => goThrough(app, situation));
    },
  );
}

/** Writes until there is no room left. */
async function fill(file: string): Promise<void> {
  for (const size of [65_536, 4096]) {
    try {
      while (true) await writeFile(file, Buffer.alloc(size), { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

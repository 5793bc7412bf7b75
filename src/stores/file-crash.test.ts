import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cleanTogether } from "../../test/stores/cleaning.ts";
import { RECORDS } from "../../test/stores/counted-record.ts";
import { surviveCrashes } from "../../test/stores/crashes.ts";
import { FileProcess } from "../../test/stores/file-processes.ts";
import { EXPIRES, KEYS, LATER, NOW, prepare, record, TASKS, textOf } from "../../test/stores/file-tasks.ts";
import { FileStore } from "./file.ts";

const long = process.env["HIPFLASK_LONG"] === "1";
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "hipflask-file-crash-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;

/** A new folder, and a store of this process on it with the records that tasks expect. */
async function prepared(): Promise<{ folder: string; store: FileStore }> {
  const folder = join(root, String((folders += 1)));
  const store = new FileStore(folder, { durability: "fast" });
  await prepare(store);
  return { folder, store };
}

function everything(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
}

/** Makes all there is in a folder two hours old. */
function age(folder: string): void {
  const time = Date.now() / 1000 - 2 * 60 * 60;
  for (const path of everything(folder)) utimesSync(path, time, time);
}

/** Checks that a folder holds so many records, and nothing else once a cleaner has been there two hours later. */
async function expectClean(folder: string, records: number): Promise<void> {
  age(folder);
  const store = new FileStore(folder, { durability: "fast" });
  await store.deleteExpired(1000, new Date(0));
  const paths = everything(folder);
  expect(paths.filter((path) => lstatSync(path).isFile())).toHaveLength(records);
  expect(paths.filter((path) => /hipflask-work\/./.test(path))).toEqual([]);
  const empty = paths.filter((path) => lstatSync(path).isDirectory() && readdirSync(path).length === 0);
  // Shards stay.
  expect(empty.filter((path) => !/hipflask-(work|sessions(\/..)?)$/.test(path))).toEqual([]);
}

const texts = async (store: FileStore) => {
  const all: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(KEYS)) {
    const stored = await store.load(key, new Date(0));
    if (stored) all[name] = textOf(stored) + (stored.expires > EXPIRES ? ", later" : "");
  }
  return all;
};

const before = { ada: "old", visitor: "old", expired: "old" };

interface Outcome {
  /** What a task may leave when it is cut off, beside what was before and what it does. */
  readonly cut?: Record<string, string>[];
  readonly done: Record<string, string>;
  /** Of how many steps one is tried, in the short form. Default: each. */
  readonly every?: number;
}

const OUTCOMES: Record<string, Outcome> = {
  create: { done: { ...before, next: "new" } },
  save: { done: { ...before, ada: "new" } },
  replace: {
    cut: [{ ...before, next: "new" }],
    done: { ...before, ada: "retired", next: "new" },
    every: 3,
  },
  touch: { done: { ...before, ada: "old, later" } },
  delete: { done: { visitor: "old", expired: "old" } },
  deleteExpired: { done: { ada: "old", visitor: "old" }, every: 5 },
  deleteOwned: { done: { visitor: "old", expired: "old" }, every: 3 },
  deleteAll: { done: {}, every: 5 },
};

describe("a process of a FileStore that is killed before any one step", () => {
  for (const durability of long ? (["fast", "sync"] as const) : (["fast"] as const)) {
    for (const [task, { cut = [], done, every = 1 }] of Object.entries(OUTCOMES)) {
      test.concurrent(`of ${task} (${durability}) leaves what was or what was to be, and holds nobody up`, async () => {
        let steps = 1;
        for (let ended = false; !ended;) {
          const { folder, store } = await prepared();
          const child = await FileProcess.start({ folder, durability, task, kill: steps });
          ended = (await child.result()) !== undefined;
          const after = await texts(store);
          expect(ended ? [done] : [before, ...cut, done]).toContainEqual(after);
          const found = await store.load(KEYS.visitor, NOW);
          if (found) {
            const saved = await store.save(KEYS.visitor, found.version, record("again"), NOW);
            expect(saved.outcome).toBe("saved");
          }
          await store.create(KEYS.next, record("again"), NOW);
          const kept = await texts(store);
          await expectClean(folder, Object.keys(kept).length);
          expect(await texts(store)).toEqual(kept);
          steps += long ? 1 : every;
        }
        expect(steps).toBeGreaterThan(4);
      }, 300_000);
    }
  }
});

describe("a writer of a FileStore that sleeps before any one step", () => {
  const sleeping = async (
    task: string,
    meanwhile: (store: FileStore, folder: string) => Promise<unknown>,
    check: (value: unknown, after: Record<string, unknown>, store: FileStore) => unknown,
  ) => {
    for (let step = 1; ; step++) {
      const { folder, store } = await prepared();
      const child = await FileProcess.start({ folder, durability: "fast", task, stop: step });
      const stopped = await child.stopped();
      if (!stopped) return expect(step).toBeGreaterThan(4);
      const asleep = await texts(store);
      if (asleep["ada"] === "old") await meanwhile(store, folder);
      child.goOn();
      const { value } = (await child.result())!;
      const after = await texts(store);
      if (asleep["ada"] === "old") await check(value, after, store);
      await expectClean(folder, Object.keys(after).length);
      expect(await texts(store)).toEqual(after);
    }
  };
  const saveFiveTimes = async (store: FileStore, folder: string) => {
    for (let round = 1; round <= 5; round++) {
      const { version } = (await store.load(KEYS.ada, NOW))!;
      expect((await store.save(KEYS.ada, version, record(`save-${round}`), NOW)).outcome).toBe("saved");
    }
    age(folder);
    await store.deleteExpired(10, new Date(0));
  };

  test.concurrent("does not save over five versions that came and went", async () => {
    await sleeping("save", saveFiveTimes, (value, after) => {
      expect(value).toBe("conflict");
      expect(after["ada"]).toBe("save-5");
    });
  }, 60_000);

  test.concurrent("does not move the expiry of five versions later", async () => {
    await sleeping("touch", saveFiveTimes, async (value, _after, store) => {
      expect(value).toBe(false);
      expect((await store.load(KEYS.ada, NOW))!.expires).toEqual(EXPIRES);
    });
  }, 60_000);

  test.concurrent("does not bring back a record that was deleted", async () => {
    await sleeping(
      "save",
      (store) => store.delete(KEYS.ada),
      (value, after) => {
        expect(value).toBe("gone");
        expect(after).not.toHaveProperty("ada");
      },
    );
  }, 60_000);

  test.concurrent("does not save over a record that was deleted and made anew", async () => {
    const anew = async (store: FileStore) => {
      await store.delete(KEYS.ada);
      await store.create(KEYS.ada, record("anew"), NOW);
    };
    await sleeping("save", anew, (value, after) => {
      expect(value).toBe("conflict");
      expect(after["ada"]).toBe("anew");
    });
  }, 60_000);

  test.concurrent("saves when only the expiry was moved, and moves it again", async () => {
    const touch = async (store: FileStore) => {
      const { version } = (await store.load(KEYS.ada, NOW))!;
      expect(await store.touch(KEYS.ada, version, LATER, NOW)).toBe(true);
    };
    await sleeping("save", touch, async (value, after, store) => {
      expect(value).toBe("saved");
      expect(after["ada"]).toBe("new");
      expect((await store.load(KEYS.ada, NOW))!.expires).toEqual(EXPIRES);
    });
  }, 60_000);

  test.concurrent("saves all the same when a cleaner took its unfinished file for a killed process's", async () => {
    const clean = async (store: FileStore, folder: string) => {
      age(folder);
      await store.deleteExpired(10, new Date(0));
    };
    await sleeping("save", clean, (value, after) => {
      expect(value).toBe("saved");
      expect(after["ada"]).toBe("new");
    });
  }, 60_000);

  test.concurrent("deletes the record as it is then, and not as it was", async () => {
    await sleeping("delete", saveFiveTimes, (value, after) => {
      expect(value).toBe("save-5");
      expect(after).not.toHaveProperty("ada");
    });
  }, 60_000);
});

const mayMount =
  process.platform === "linux" && process.getuid!() === 0 && spawnSync("mkfs.ext4", ["-V"]).status === 0;

describe.skipIf(!mayMount)("a power cut (needs Linux, root and mkfs.ext4)", () => {
  let disk: string;
  const mounted = async <T>(image: string, run: (folder: string) => Promise<T>): Promise<T> => {
    const folder = join(root, `mount-${(folders += 1)}`);
    mkdirSync(folder);
    // The file system brings nothing to the disk of its own accord for five minutes.
    execFileSync("mount", ["-o", "loop,commit=300", image, folder]);
    try {
      return await run(join(folder, "sessions"));
    } finally {
      execFileSync("umount", [folder]);
    }
  };
  /** What is found after the power is cut now: nothing is in the image that was not brought to the disk. */
  const afterPowerCut = async () => {
    copyFileSync(disk, `${disk}-copy`);
    return mounted(`${disk}-copy`, (folder) => texts(new FileStore(folder, { durability: "fast" })));
  };

  beforeEach(() => {
    disk = join(root, `disk-${(folders += 1)}`);
    execFileSync("truncate", ["--size", "32M", disk]);
    execFileSync("mkfs.ext4", ["-q", "-F", disk]);
  });

  test("takes nothing that was acknowledged, with sync", async () => {
    await mounted(disk, async (folder) => {
      const store = new FileStore(folder);
      for (const change of ["create", "save", "touch", "replace", "delete", "deleteOwned", "deleteAll"]) {
        await prepare(store);
        expect([change, await afterPowerCut()]).toEqual([change, before]);
        await (
          await TASKS[change]!(store, folder)
        )();
        expect([change, await afterPowerCut()]).toEqual([change, OUTCOMES[change]!.done]);
        await store.deleteAll();
      }
    });
  }, 60_000);

  test("leaves what was or what was to be, whenever it comes, with sync", async () => {
    await mounted(disk, async (folder) => {
      const store = new FileStore(folder);
      await prepare(store);
      for (let round = 0; round < (long ? 300 : 20); round++) {
        const { version } = (await store.load(KEYS.ada, NOW))!;
        const saved = store.save(KEYS.ada, version, record(`save-${round}`), NOW);
        await delay(Math.random() * 4);
        const { ada } = await afterPowerCut();
        await saved;
        expect([round === 0 ? "old" : `save-${round - 1}`, `save-${round}`]).toContain(ada);
      }
    });
  }, 120_000);

  test("may take what was acknowledged, with fast", async () => {
    await mounted(disk, async (folder) => {
      const store = new FileStore(folder, { durability: "fast" });
      await prepare(store);
      expect(await afterPowerCut()).toEqual({});
    });
  });
});

describe("several processes on one FileStore", () => {
  test("4 processes that count one record up lose no step", async () => {
    const { folder, store } = await prepared();
    const loaded = (await store.load(KEYS.ada, NOW))!;
    await store.save(KEYS.ada, loaded.version, record("0"), NOW);
    const task = { folder, durability: "fast", task: "count" } as const;
    const children = await Promise.all(Array.from({ length: 4 }, () => FileProcess.start(task)));
    await Promise.all(children.map((child) => child.result()));
    expect(textOf(await store.load(KEYS.ada, NOW))).toBe("400");
    await expectClean(folder, 3);
  }, 60_000);

  test(`${long ? 500 : 25} kills of four writers tear no record, lose no acknowledged write and hold nobody up`, async () => {
    const place = join(root, "kills");
    const kills = long ? 500 : 25;
    await surviveCrashes({ kind: "file", place, store: new FileStore(place) }, kills);
    // After each kill one more was made.
    await expectClean(place, RECORDS + kills);
  }, 600_000);

  test(`eight processes that clean ${long ? "10,000" : "500"} records at once let requests go on`, async () => {
    const place = join(root, "cleaning");
    const store = new FileStore(place, { durability: "fast" });
    const expired = { data: new Uint8Array(200), expires: new Date(Date.now() - 86_400_000) };
    const fill = async (count: number) => {
      for (let index = 0; index < count; index++) {
        await store.create(
          { id: String(index).padStart(43, "0"), owner: undefined },
          expired,
          expired.expires,
        );
      }
    };
    await cleanTogether({ kind: "file", place, store, fill }, long ? 10_000 : 500);
  }, 600_000);
});

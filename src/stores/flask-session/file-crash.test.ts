import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cleanTogether } from "../../../test/stores/cleaning.ts";
import { RECORDS } from "../../../test/stores/counted-record.ts";
import { surviveCrashes } from "../../../test/stores/crashes.ts";
import { FileProcess } from "../../../test/stores/file-processes.ts";
import { KEYS, LATER, NOW, prepare, record, textOf } from "../../../test/stores/file-tasks.ts";
import { FlaskFileStore } from "./file.ts";
import { COUNT_KEY, fileName } from "./file-names.ts";

const long = process.env["HIPFLASK_LONG"] === "1";
const COUNT = fileName(COUNT_KEY, "sha256");

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "hipflask-flask-crash-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;

/** A new folder, and a store of this process on it with the records that tasks expect. */
async function prepared(): Promise<{ folder: string; store: FlaskFileStore }> {
  const folder = join(root, String((folders += 1)));
  const store = new FlaskFileStore({ directory: folder });
  await prepare(store);
  return { folder, store };
}

/** Removes what killed processes have left, as if two hours had passed. */
async function clean(folder: string): Promise<void> {
  const time = Date.now() / 1000 - 2 * 60 * 60;
  for (const name of readdirSync(folder)) {
    if (lstatSync(join(folder, name)).isDirectory()) utimesSync(join(folder, name), time, time);
  }
  const store = new FlaskFileStore({ directory: folder, threshold: 0 });
  await store.setup();
  // Long before any of the sessions ends.
  await store.deleteExpired(10, new Date(Date.UTC(2001, 0)));
}

/** Checks that a folder holds so many sessions and a count, and nothing else once a cleaner has been there. */
async function expectClean(folder: string, records: number): Promise<void> {
  await clean(folder);
  const files = readdirSync(folder).filter((name) => name !== COUNT);
  expect(files.filter((name) => name.endsWith(".__wz_cache"))).toEqual([]);
  expect(files).toHaveLength(records);
}

const texts = async (store: FlaskFileStore) => {
  const all: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(KEYS)) {
    const stored = await store.load(key, new Date(0));
    const isLater = (await store.load(key, new Date(LATER.getTime() - 1))) !== undefined;
    if (stored) all[name] = textOf(stored) + (isLater ? ", later" : "");
  }
  return all;
};

const before = { ada: "old", visitor: "old", expired: "old" };

/** What each task does, and of how many of its steps one is tried in the short form. */
const TASKS: Record<string, { done: Record<string, string>; every: number }> = {
  create: { done: { ...before, next: "new" }, every: 4 },
  save: { done: { ...before, ada: "new" }, every: 1 },
  touch: { done: { ...before, ada: "old, later" }, every: 3 },
  delete: { done: { visitor: "old", expired: "old" }, every: 4 },
  deleteExpired: { done: { ada: "old", visitor: "old" }, every: 5 },
};

describe("a process of a FlaskFileStore that is killed before any one step", () => {
  for (const [task, { done, every }] of Object.entries(TASKS)) {
    test.concurrent(`of ${task} leaves what was or what was to be, and holds nobody up for long`, async () => {
      let steps = 1;
      for (let ended = false; !ended;) {
        const { folder, store } = await prepared();
        const child = await FileProcess.start({ folder, durability: "flask", task, kill: steps });
        ended = (await child.result()) !== undefined;
        const after = await texts(store);
        expect(ended ? [done] : [before, done]).toContainEqual(after);
        // Whoever comes next, to the same session and to others.
        const start = performance.now();
        for (const key of [KEYS.ada, KEYS.visitor]) {
          const found = await store.load(key, NOW);
          if (found === undefined) continue;
          const saved = await store.save(key, found.version, record("again"), NOW);
          expect(saved.outcome).toBe("saved");
        }
        await store.create(KEYS.next, record("again"), NOW);
        expect(performance.now() - start).toBeLessThan(3000);
        const kept = await texts(store);
        await expectClean(folder, Object.keys(kept).length);
        expect(await texts(store)).toEqual(kept);
        steps += long ? 1 : every;
      }
      expect(steps).toBeGreaterThan(4);
    }, 300_000);
  }
});

describe("a writer of a FlaskFileStore that sleeps before any one step", () => {
  const sleeping = async (
    task: string,
    meanwhile: (store: FlaskFileStore, folder: string) => Promise<unknown>,
    check: (value: unknown, after: Record<string, unknown>) => unknown,
  ) => {
    for (let step = 1; ; step++) {
      const { folder, store } = await prepared();
      const child = await FileProcess.start({ folder, durability: "flask", task, stop: step });
      const stopped = await child.stopped();
      if (!stopped) return expect(step).toBeGreaterThan(4);
      const asleep = await texts(store);
      if (asleep["ada"] === "old") await meanwhile(store, folder);
      child.goOn();
      const { value } = (await child.result())!;
      const after = await texts(store);
      if (asleep["ada"] === "old") await check(value, after);
      await expectClean(folder, Object.keys(after).length);
      expect(await texts(store)).toEqual(after);
    }
  };
  const saveFiveTimes = async (store: FlaskFileStore) => {
    for (let round = 1; round <= 5; round++) {
      const { version } = (await store.load(KEYS.ada, NOW))!;
      expect((await store.save(KEYS.ada, version, record(`save-${round}`), NOW)).outcome).toBe("saved");
    }
  };

  test.concurrent("does not save over five versions that came and went", async () => {
    await sleeping("save", saveFiveTimes, (value, after) => {
      expect(value).toBe("conflict");
      expect(after["ada"]).toBe("save-5");
    });
  }, 300_000);

  test.concurrent("does not move the end of five versions later", async () => {
    await sleeping("touch", saveFiveTimes, (value, after) => {
      expect(value).toBe(false);
      expect(after["ada"]).toBe("save-5");
    });
  }, 300_000);

  test.concurrent("does not bring back a session that was ended", async () => {
    await sleeping(
      "save",
      (store) => store.delete(KEYS.ada),
      (value, after) => {
        expect(value).toBe("gone");
        expect(after).not.toHaveProperty("ada");
      },
    );
  }, 300_000);

  test.concurrent("saves all the same when a cleaner took what it was at for a killed process's", async () => {
    await sleeping(
      "save",
      (_, folder) => clean(folder),
      (value, after) => {
        expect(value).toBe("saved");
        expect(after["ada"]).toBe("new");
      },
    );
  }, 300_000);

  test.concurrent("ends the session as it is then, and not as it was", async () => {
    await sleeping("delete", saveFiveTimes, (value, after) => {
      expect(value).toBe("save-5");
      expect(after).not.toHaveProperty("ada");
    });
  }, 300_000);
});

describe("a process of a FlaskFileStore without", () => {
  const expectFailures = ({ value }: { value: any }, code: string) => {
    const { codes, before: unchanged, after } = value;
    expect({ codes, unchanged, after }).toEqual({
      codes: Array(5).fill(code),
      unchanged: "old",
      after: ["saved", "new"],
    });
  };

  test("more open files passes that on, keeps the session and recovers by itself", async () => {
    const { folder } = await prepared();
    const task = "run out of files";
    const child = await FileProcess.start({ folder, durability: "flask", task, files: 64 });
    expectFailures((await child.result())!, "EMFILE");
  });

  test("permissions passes that on, keeps the session and recovers by itself", async () => {
    const folder = join(root, String((folders += 1)));
    mkdirSync(folder, { mode: 0o700 });
    const isRoot = process.getuid!() === 0;
    chmodSync(root, 0o755);
    if (isRoot) chownSync(folder, 65534, 65534);
    const user = isRoot ? { uid: 65534 } : {};
    const child = await FileProcess.start({ folder, durability: "flask", task: "be denied", ...user });
    expectFailures((await child.result())!, "EACCES");
  });
});

describe("several processes on one FlaskFileStore", () => {
  test("4 processes that count one session up lose no step", async () => {
    const { folder, store } = await prepared();
    const loaded = (await store.load(KEYS.ada, NOW))!;
    await store.save(KEYS.ada, loaded.version, record("0"), NOW);
    const task = { folder, durability: "flask", task: "count" } as const;
    const children = await Promise.all(Array.from({ length: 4 }, () => FileProcess.start(task)));
    await Promise.all(children.map((child) => child.result()));
    expect(textOf(await store.load(KEYS.ada, NOW))).toBe("400");
    await expectClean(folder, 3);
  }, 120_000);

  test(`${long ? 500 : 25} kills of four writers tear no session, lose no acknowledged write and hold nobody up`, async () => {
    const place = join(root, "kills");
    const kills = long ? 500 : 25;
    await surviveCrashes(
      { kind: "flask-file", place, store: new FlaskFileStore({ directory: place }) },
      kills,
    );
    // After each kill one more was made.
    await expectClean(place, RECORDS + kills);
  }, 600_000);

  test(`eight processes that clean ${long ? "10,000" : "500"} sessions at once let requests go on`, async () => {
    const place = join(root, "cleaning");
    const store = new FlaskFileStore({ directory: place, threshold: 0 });
    const expired = { data: new Uint8Array(200), expires: new Date(Date.now() - 86_400_000) };
    const fill = async (count: number) => {
      for (let index = 0; index < count; index++) {
        const key = { id: String(index).padStart(43, "0"), owner: undefined };
        await store.create(key, expired, expired.expires);
      }
    };
    await cleanTogether({ kind: "flask-file", place, store, fill }, long ? 10_000 : 500);
  }, 600_000);
});

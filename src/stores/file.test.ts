import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { FileProcess } from "../../test/stores/file-processes.ts";
import { EXPIRES, KEYS, NOW, prepare, record, textOf } from "../../test/stores/file-tasks.ts";
import { ConfigError } from "../errors.ts";
import { storeSuite } from "../testing/index.ts";
import { FileStore } from "./file.ts";

const isRoot = process.getuid!() === 0;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), "hipflask-file-"));
  chmodSync(root, 0o755);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
const newFolder = () => join(root, `folder-${(folders += 1)}`);

/** A store on a new folder, with a record of Ada's, one of a visitor and an expired one. */
async function prepared(): Promise<{ folder: string; store: FileStore }> {
  const folder = newFolder();
  const store = new FileStore(folder, { durability: "fast" });
  await prepare(store);
  return { folder, store };
}

function everything(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
}

/** The file with the data of Ada's record, in its slot, in its cell. */
function adasFile(folder: string): string {
  const owned = everything(folder).filter((path) => lstatSync(path).isFile() && !path.includes("/visitors/"));
  expect(owned).toHaveLength(1);
  return owned[0]!;
}

const text = async (store: FileStore, key = KEYS.ada) => textOf(await store.load(key, NOW));

const save = async (store: FileStore, content: string) => {
  const { version } = (await store.load(KEYS.ada, NOW))!;
  return (await store.save(KEYS.ada, version, record(content), NOW)).outcome;
};

for (const durability of ["sync", "fast"] as const) {
  describe(`FileStore, ${durability}`, () => {
    storeSuite({
      test,
      open: async (space) => ({
        store: new FileStore(join(root, durability, space), { durability }),
        close: async () => {},
      }),
      capabilities: { deleteExpired: true, owners: true, deleteAll: true, list: true },
    });
  });
}

describe("the folder of a FileStore", () => {
  test.each([undefined, "", 1, new URL("file:///tmp")])("must be a path, and not %s", (folder) => {
    expect(() => new FileStore(folder as string)).toThrow(ConfigError);
  });

  test("must be written to with a known durability", () => {
    expect(() => new FileStore("sessions", { durability: "none" as "sync" })).toThrow(ConfigError);
  });

  test("is made by setup, and by the first use", async () => {
    const folder = join(newFolder(), "of", "sessions");
    await new FileStore(folder).setup();
    expect(lstatSync(folder).isDirectory()).toBe(true);
    const other = newFolder();
    expect(await new FileStore(other).load(KEYS.ada, NOW)).toBeUndefined();
    expect(lstatSync(other).isDirectory()).toBe(true);
  });

  test("may be given by a relative path", async () => {
    const { folder } = await prepared();
    expect(await text(new FileStore(relative(process.cwd(), folder)))).toBe("old");
  });

  test("and all in it are for nobody else, whatever the umask", async () => {
    const folder = newFolder();
    const child = await FileProcess.start({ folder, durability: "fast", task: "work without a mask" });
    await child.result();
    const paths = [folder, ...everything(folder)];
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) {
      const stats = lstatSync(path);
      expect([path, stats.mode & 0o7777]).toEqual([path, stats.isDirectory() ? 0o700 : 0o600]);
    }
  });

  test.each([0o720, 0o702, 0o777])("is refused when others may write to it (%o)", async (mode) => {
    const folder = newFolder();
    mkdirSync(folder);
    chmodSync(folder, mode);
    const store = new FileStore(folder);
    await expect(store.setup()).rejects.toThrow(/chmod go-w/);
    await expect(store.load(KEYS.ada, NOW)).rejects.toThrow(ConfigError);
    await expect(store.create(KEYS.ada, record("new"), NOW)).rejects.toThrow(ConfigError);
    expect(readdirSync(folder)).toEqual([]);
    chmodSync(folder, 0o755);
    await prepare(store);
    expect(await text(store)).toBe("old");
  });

  test.skipIf(!isRoot)("is refused when it is another user's (needs root)", async () => {
    const folder = newFolder();
    mkdirSync(folder);
    chownSync(folder, 65534, 65534);
    await expect(new FileStore(folder).setup()).rejects.toThrow(/belongs to another user/);
    await expect(new FileStore(folder).load(KEYS.ada, NOW)).rejects.toThrow(ConfigError);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is refused when it is a file or a link", async () => {
    const { folder } = await prepared();
    const [link, file] = [newFolder(), newFolder()];
    symlinkSync(folder, link);
    writeFileSync(file, "");
    for (const path of [link, file]) {
      await expect(new FileStore(path).setup()).rejects.toThrow(/a file or a symbolic link/);
    }
  });

  test("is used by its own name when a link leads to a folder above it", async () => {
    const { folder } = await prepared();
    const link = newFolder();
    symlinkSync(root, link);
    expect(await text(new FileStore(join(link, folder.slice(root.length))))).toBe("old");
  });

  test("that has gone, as a disk that is not mounted, is an error and not the end of all sessions", async () => {
    const { folder, store } = await prepared();
    renameSync(folder, `${folder}-away`);
    await expect(store.load(KEYS.ada, NOW)).rejects.toThrow(/ENOENT/);
    await expect(store.create(KEYS.next, record("new"), NOW)).rejects.toThrow(/ENOENT/);
    mkdirSync(folder);
    await expect(store.load(KEYS.ada, NOW)).rejects.toThrow(/ENOENT/);
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-away`, folder);
    expect(await text(store)).toBe("old");
  });

  test("may hold other files and folders, which nothing touches", async () => {
    const { folder, store } = await prepared();
    const long = "x".repeat(255);
    const foreign = [
      folder,
      dirname(dirname(dirname(adasFile(folder)))),
      join(folder, "hipflask-sessions"),
      join(folder, "hipflask-work"),
    ].flatMap((parent) => [
      join(parent, "notes.txt"),
      join(parent, long),
      join(parent, "a folder", "notes.txt"),
    ]);
    for (const path of foreign) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "mine");
    }
    age(folder);
    expect(await store.deleteExpired(10, new Date(EXPIRES))).toBe(3);
    await prepare(store);
    await store.deleteOwned(KEYS.ada.owner!, []);
    await store.delete(KEYS.visitor);
    for (const path of foreign) expect(readFileSync(path, "utf8")).toBe("mine");
    await prepare(store);
    await store.deleteAll();
    for (const path of foreign.filter((one) => !one.includes("hipflask-sessions"))) {
      expect(readFileSync(path, "utf8")).toBe("mine");
    }
    const kept = everything(folder).filter((path) => lstatSync(path).isFile());
    expect(kept).toHaveLength(foreign.length);
    for (const path of kept) expect(readFileSync(path, "utf8")).toBe("mine");
  });
});

describe("a link or a pipe in the folder of a FileStore", () => {
  const planted = async () => {
    const { folder, store } = await prepared();
    const { version } = (await store.load(KEYS.ada, NOW))!;
    const file = adasFile(folder);
    const outside = newFolder();
    mkdirSync(outside);
    const secret = join(outside, "secret");
    writeFileSync(secret, readFileSync(file));
    return { folder, store, version, file, outside, secret };
  };

  test.each([
    ["a symbolic link", /ELOOP/, symlinkSync],
    ["a second name", /has a second name/, linkSync],
    ["a pipe", /is no file/, (_secret: string, path: string) => execFileSync("mkfifo", [path])],
  ])("in the place of a record's data: %s is not read, and not written to", async (_, message, plant) => {
    const { store, version, file, secret } = await planted();
    rmSync(file);
    plant(secret, file);
    const content = readFileSync(secret);
    await expect(store.load(KEYS.ada, NOW)).rejects.toThrow(message);
    await expect(store.save(KEYS.ada, "another", record("new"), NOW)).rejects.toThrow(message);
    await expect(store.delete(KEYS.ada)).rejects.toThrow(message);
    expect((await store.save(KEYS.ada, version, record("new"), NOW)).outcome).toBe("saved");
    expect(await text(store)).toBe("new");
    expect(readFileSync(secret)).toEqual(content);
    expect(existsSync(file)).toBe(false);
  });

  test("in the place of any folder above it is not followed", async () => {
    for (let levels = 1; levels <= 4; levels++) {
      const { store, version, file, outside } = await planted();
      let place = file;
      for (let level = 0; level < levels; level++) place = dirname(place);
      renameSync(place, join(outside, "moved"));
      symlinkSync(join(outside, "moved"), place);
      const before = everything(outside);
      await expect(store.load(KEYS.ada, NOW)).rejects.toThrow(ConfigError);
      await expect(store.save(KEYS.ada, version, record("new"), NOW)).rejects.toThrow(ConfigError);
      await expect(store.touch(KEYS.ada, version, EXPIRES, NOW)).rejects.toThrow(ConfigError);
      await expect(store.delete(KEYS.ada)).rejects.toThrow(ConfigError);
      if (levels > 1)
        await expect(store.create(KEYS.ada, record("new"), NOW)).rejects.toThrow(/is a link|ENOTDIR/);
      await store.deleteExpired(10, EXPIRES).catch(() => undefined);
      expect(everything(outside)).toEqual(before);
    }
  });

  test("that leads nowhere is no record, and is not followed to make one", async () => {
    const { store, version, file, outside } = await planted();
    const cell = dirname(dirname(file));
    rmSync(cell, { recursive: true });
    symlinkSync(join(outside, "nothing"), cell);
    expect(await store.load(KEYS.ada, NOW)).toBeUndefined();
    expect((await store.save(KEYS.ada, version, record("new"), NOW)).outcome).toBe("gone");
    await expect(store.create(KEYS.ada, record("new"), NOW)).rejects.toThrow(/ENOTDIR/);
    expect(readdirSync(outside)).toEqual(["secret"]);
  });

  test("in the place of the cleaner's lease is replaced, and not written through", async () => {
    const { folder, store, secret } = await planted();
    const content = readFileSync(secret);
    symlinkSync(secret, join(folder, "hipflask-work", "cleaner"));
    await age(folder);
    await store.deleteExpired(10, NOW);
    expect(readFileSync(secret)).toEqual(content);
  });
});

describe("a FileStore that the system refuses something", () => {
  const expectFailures = ({ value }: { value: any }, code: string) => {
    expect(value).toEqual({
      codes: Array.from({ length: 5 }, () => code),
      before: "old",
      after: ["saved", "new"],
    });
  };

  test("more open files: passes that on, keeps the record and recovers by itself", async () => {
    const { folder } = await prepared();
    const task = "run out of files";
    const child = await FileProcess.start({ folder, durability: "fast", task, files: 64 });
    expectFailures((await child.result())!, "EMFILE");
  });

  test("permissions: passes that on, keeps the record and recovers by itself", async () => {
    const folder = newFolder();
    mkdirSync(folder, { mode: 0o700 });
    if (isRoot) chownSync(folder, 65534, 65534);
    const user = isRoot ? { uid: 65534 } : {};
    const child = await FileProcess.start({ folder, durability: "fast", task: "be denied", ...user });
    expectFailures((await child.result())!, "EACCES");
  });

  describe.skipIf(!isRoot)("on a disk of its own (needs root)", () => {
    const onDisk = async (options: string, run: (store: FileStore, disk: string) => Promise<void>) => {
      const disk = newFolder();
      mkdirSync(disk, { mode: 0o700 });
      execFileSync("mount", ["-t", "tmpfs", "-o", `mode=0700,${options}`, "tmpfs", disk]);
      try {
        const store = new FileStore(join(disk, "sessions"));
        await prepare(store);
        await run(store, disk);
      } finally {
        execFileSync("umount", [disk]);
      }
    };

    const expectFull = async (store: FileStore, makeRoom: () => void) => {
      await expect(save(store, "new")).rejects.toMatchObject({ code: "ENOSPC" });
      await expect(store.create(KEYS.next, record("new"), NOW)).rejects.toMatchObject({ code: "ENOSPC" });
      expect(await text(store)).toBe("old");
      expect(await store.load(KEYS.next, NOW)).toBeUndefined();
      makeRoom();
      expect(await save(store, "new")).toBe("saved");
      expect(await store.create(KEYS.next, record("new"), NOW)).toBeDefined();
      expect(await text(store)).toBe("new");
    };

    test("that is full", async () => {
      await onDisk("size=1m", async (store, disk) => {
        const filler = join(disk, "filler");
        expect(() => writeFileSync(filler, new Uint8Array(1024 * 1024))).toThrow(/ENOSPC/);
        await expectFull(store, () => rmSync(filler));
        const files = everything(disk).filter((path) => lstatSync(path).isFile());
        expect(files).toHaveLength(4);
      });
    });

    test("that has no room for one more file", async () => {
      await onDisk("nr_inodes=100", async (store, disk) => {
        mkdirSync(join(disk, "filler"));
        expect(() => {
          for (let index = 0; ; index++) writeFileSync(join(disk, "filler", String(index)), "");
        }).toThrow(/ENOSPC/);
        await expectFull(store, () => rmSync(join(disk, "filler"), { recursive: true }));
      });
    });

    test("that may only be read", async () => {
      await onDisk("size=1m", async (store, disk) => {
        const { version } = (await store.load(KEYS.ada, NOW))!;
        execFileSync("mount", ["-o", "remount,ro", disk]);
        await expect(save(store, "new")).rejects.toMatchObject({ code: "EROFS" });
        await expect(store.create(KEYS.next, record("new"), NOW)).rejects.toMatchObject({ code: "EROFS" });
        await expect(store.touch(KEYS.ada, version, EXPIRES, NOW)).rejects.toMatchObject({ code: "EROFS" });
        await expect(store.delete(KEYS.ada)).rejects.toMatchObject({ code: "EROFS" });
        expect(await text(store)).toBe("old");
        expect(await text(new FileStore(join(disk, "sessions")))).toBe("old");
        execFileSync("mount", ["-o", "remount,rw", disk]);
        expect(await save(store, "new")).toBe("saved");
      });
    });
  });
});

describe("the cleaner of a FileStore", () => {
  const lease = (folder: string) => join(folder, "hipflask-work", "cleaner");

  test("does nothing while another one works, and takes over from one that died", async () => {
    const { folder, store } = await prepared();
    writeFileSync(lease(folder), "");
    expect(await store.deleteExpired(10, NOW)).toBe(0);
    expect(existsSync(lease(folder))).toBe(true);
    age(folder);
    expect(await store.deleteExpired(10, NOW)).toBe(1);
    expect(existsSync(lease(folder))).toBe(false);
  });

  test("takes over from one whose clock was fast", async () => {
    const { folder, store } = await prepared();
    writeFileSync(lease(folder), "");
    utimesSync(lease(folder), Date.now() / 1000 + 86_400, Date.now() / 1000 + 86_400);
    expect(await store.deleteExpired(10, NOW)).toBe(1);
  });

  test("leaves alone what is unfinished and young", async () => {
    const { folder, store } = await prepared();
    const unfinished = [
      join(folder, "hipflask-work", "0".repeat(32)),
      join(dirname(adasFile(folder)), `2-${"0".repeat(32)}`),
    ];
    for (const path of unfinished) writeFileSync(path, "");
    await store.deleteExpired(10, NOW);
    for (const path of unfinished) expect(existsSync(path)).toBe(true);
    age(folder);
    await store.deleteExpired(10, NOW);
    expect(everything(folder).filter((path) => /\b(2-)?0{32}$/.test(path))).toEqual([]);
    expect(await text(store)).toBe("old");
  });

  test("goes on where it stopped, and comes round to what expired behind it", async () => {
    const store = new FileStore(newFolder(), { durability: "fast" });
    const expired = (first: string) =>
      store.create({ id: first.padEnd(43, "x"), owner: undefined }, record("old", NOW), NOW);
    for (const first of "ABC_") await expired(first);
    expect(await store.deleteExpired(3, NOW)).toBe(3);
    for (const first of "AB") await expired(first);
    expect(await store.deleteExpired(1, NOW)).toBe(1);
    expect(await store.load({ id: "_".padEnd(43, "x"), owner: undefined }, new Date(0))).toBeUndefined();
    expect(await store.deleteExpired(10, NOW)).toBe(2);
  });

  test("removes the folder of an owner who has no record left", async () => {
    const { folder, store } = await prepared();
    const owner = dirname(dirname(dirname(adasFile(folder))));
    await store.deleteOwned(KEYS.ada.owner!, []);
    await store.deleteExpired(10, NOW);
    expect(existsSync(owner)).toBe(false);
    await store.create(KEYS.ada, record("new"), NOW);
    expect(await text(store)).toBe("new");
  });
});

test("no session outlives deleteOwned or deleteAll by getting one new ID after the other", async () => {
  const store = new FileStore(newFolder(), { durability: "fast" });
  const owner = KEYS.ada.owner!;
  for (let round = 0; round < 30; round++) {
    const id = (index: number) => ({ id: `${round}-${index}`.padEnd(43, "_"), owner });
    let version = (await store.create(id(0), record("0"), NOW))!;
    let index = 0;
    const regenerate = async () => {
      for (;;) {
        const next = id(index + 1);
        const result = await store.replace(id(index), version, record("retired"), next, record("next"), NOW);
        if (result.outcome !== "saved") return result.outcome;
        version = result.version;
        index += 1;
      }
    };
    const end = async () => {
      await vi.waitUntil(() => index > round % 5, { interval: 1 });
      await (round % 2 === 0 ? store.deleteOwned(owner, []) : store.deleteAll());
      return store.listOwned(owner, NOW);
    };
    const [outcome, left] = await Promise.all([regenerate(), end()]);
    expect(outcome).toBe("gone");
    expect(left.filter(({ key }) => key.id !== id(index + 1).id)).toEqual([]);
    expect(await store.listOwned(owner, NOW)).toEqual([]);
  }
});

test("a key that is none is refused before anything is looked up", async () => {
  const store = new FileStore(newFolder());
  for (const id of [
    "",
    "a",
    "../".padEnd(43, "x"),
    "a/b".padEnd(43, "_"),
    "ä".repeat(43),
    ["a".repeat(43)],
    {},
  ]) {
    await expect(store.load({ id: id as string, owner: undefined }, NOW)).rejects.toThrow(TypeError);
    await expect(store.create({ id: "a".repeat(43), owner: id as string }, record("x"), NOW)).rejects.toThrow(
      TypeError,
    );
  }
});

function age(folder: string): void {
  const time = Date.now() / 1000 - 2 * 60 * 60;
  for (const path of everything(folder)) utimesSync(path, time, time);
}

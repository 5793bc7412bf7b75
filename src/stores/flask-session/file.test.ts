import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { at, key, layoutSuite, record, saved, text } from "../../../test/flask-session/layout-suite.ts";
import { FileProcess } from "../../../test/stores/file-processes.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { ConfigError } from "../../errors.ts";
import { FlaskFileStore, type FlaskFileStoreOptions } from "./file.ts";
import { COUNT_KEY, fileName } from "./file-names.ts";

const HOUR = 60 * 60 * 1000;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "hipflask-flask-files-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
const newFolder = () => join(root, String((folders += 1)));

/** A new folder, and a store on it that was not used yet. */
function opened(options: FlaskFileStoreOptions = {}): { directory: string; store: FlaskFileStore } {
  const directory = newFolder();
  return { directory, store: new FlaskFileStore({ directory, ...options }) };
}

const nameOf = (name: string, hash: "sha256" | "md5" = "sha256") => fileName(`session:${key(name).id}`, hash);
const COUNT = fileName(COUNT_KEY, "sha256");

/** What there is in a folder beside the count. */
function names(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name !== COUNT)
    .toSorted();
}

function content(seconds: number, value: string): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32LE(seconds);
  return Buffer.concat([header, Buffer.from(value)]);
}

for (const hash of ["sha256", "md5"] as const) {
  describe(`FlaskFileStore, with names of ${hash}`, () => {
    layoutSuite({
      open: async (space) => new FlaskFileStore({ directory: join(root, hash, space), hash }),
      // A session is live in the very second of its end.
      grain: 1,
      deleteExpired: true,
    });
  });
}

/** What Flask-Session and cachelib wrote in a folder. */
interface Written {
  readonly id: string;
  readonly cachelib: string;
  readonly status: number;
  readonly sid: string;
  readonly store_key: string;
  readonly file_name: string;
  readonly count_file: string;
  readonly count_hex: string;
  readonly mode: string;
  readonly expires: number;
  readonly file: string;
}

describe("files of Flask-Session's", () => {
  const written = vectors<Written>("flask_session_filesystem").filter(({ status }) => status === 200);
  const bytesOf = ({ file }: Written) =>
    readFileSync(new URL(`../../../test/vectors/flask_session_filesystem/${file}`, import.meta.url));
  const now = new Date(1_795_200_000_250);

  test("are loaded, and written as Python would: name, bytes, mode, count", async () => {
    expect(written.length).toBeGreaterThan(190);
    for (const vector of written) {
      const { cachelib, sid, store_key, expires } = vector;
      const file = bytesOf(vector);
      const hash = cachelib === "0.17.0" ? "sha256" : "md5";
      const options = { hash, prefix: store_key.slice(0, -sid.length), mode: Number(vector.mode) } as const;
      const own = { id: sid, owner: undefined };

      const theirs = opened(options);
      mkdirSync(theirs.directory);
      writeFileSync(join(theirs.directory, vector.file_name), file);
      expect(file.subarray(4).equals((await theirs.store.load(own, now))!.data)).toBe(true);
      expect(await theirs.store.load(own, new Date(expires * 1000))).toBeDefined();
      expect(await theirs.store.load(own, new Date(expires * 1000 + 1))).toBeUndefined();

      const ours = opened(options);
      const end = new Date(now.getTime() + (expires - 1_795_200_000) * 1000);
      await ours.store.create(own, { data: file.subarray(4), expires: end }, now);
      expect(readFileSync(join(ours.directory, vector.file_name)).equals(file)).toBe(true);
      expect(readFileSync(join(ours.directory, vector.count_file), "hex")).toBe(vector.count_hex);
      expect(readdirSync(ours.directory).toSorted()).toEqual(
        [vector.file_name, vector.count_file].toSorted(),
      );
      for (const name of [vector.file_name, vector.count_file]) {
        expect(statSync(join(ours.directory, name)).mode & 0o777).toBe(Number(vector.mode));
      }
    }
  }, 60_000);

  test("end never when they say 0, and are dated by every touch", async () => {
    const { directory, store } = opened();
    mkdirSync(directory);
    const path = join(directory, nameOf("a"));
    writeFileSync(path, content(0, "endless"));
    const { version } = (await store.load(key("a"), at(4000 * 24 * HOUR)))!;
    expect(await store.deleteExpired(10, at(4000 * 24 * HOUR))).toBe(0);
    expect(await store.touch(key("a"), version, at(HOUR + 999), at(0))).toBe(true);
    expect(readFileSync(path)).toEqual(content(at(HOUR).getTime() / 1000, "endless"));
  });

  test.each([
    [-1, 1],
    [0, 1],
    [0.999, 1],
    [1.999, 1],
    [2 ** 31, 2 ** 31],
    [2 ** 32 - 1, 2 ** 32 - 1],
    [2 ** 32, 2 ** 32 - 1],
    [1e12, 2 ** 32 - 1],
  ])("that end %d seconds after 1970 say %d", async (seconds, said) => {
    const { directory, store } = opened();
    const expires = new Date(seconds * 1000);
    await store.create(key("a"), { data: Uint8Array.of(1), expires }, new Date(0));
    expect(readFileSync(join(directory, nameOf("a"))).readUInt32LE()).toBe(said);
  });

  test.each([0, 1, 2, 3])("of %d bytes are no sessions, and are in nobody's way", async (length) => {
    const { directory, store } = opened();
    const version = (await store.create(key("a"), record("whole"), at(0)))!;
    writeFileSync(join(directory, nameOf("a")), content(0, "torn").subarray(0, length));
    expect(await store.load(key("a"), at(0))).toBeUndefined();
    expect(await store.save(key("a"), version, record("next"), at(0))).toEqual({ outcome: "gone" });
    expect(await store.touch(key("a"), version, at(HOUR), at(0))).toBe(false);
    expect(await store.create(key("a"), record("next"), at(0))).toBeUndefined();
    expect(await store.deleteExpired(10, at(HOUR))).toBe(0);
    expect(await store.delete(key("a"))).toBeUndefined();
    expect(await store.create(key("a"), record("next"), at(0))).toBeDefined();
  });
});

describe("a session from before cachelib changed its names", () => {
  const stored = (options: FlaskFileStoreOptions = {}) => {
    const { directory, store } = opened(options);
    const [own, other] = options.hash === "md5" ? (["md5", "sha256"] as const) : (["sha256", "md5"] as const);
    mkdirSync(directory);
    writeFileSync(join(directory, nameOf("a", other)), content(at(HOUR).getTime() / 1000, "before"));
    return { directory, store, own: nameOf("a", own), other: nameOf("a", other) };
  };

  test.each(["sha256", "md5"] as const)(
    "is found, and keeps its name while it is read (%s)",
    async (hash) => {
      const { directory, store, other } = stored({ hash, threshold: 0 });
      expect(text(await store.load(key("a"), at(0)))).toBe("before");
      expect(await store.create(key("a"), record("new"), at(0))).toBeUndefined();
      expect(await store.load(key("a"), at(2 * HOUR))).toBeUndefined();
      const { version } = (await store.load(key("a"), at(0)))!;
      expect(await store.save(key("a"), Uint8Array.of(1), record("late"), at(0))).toMatchObject({
        outcome: "conflict",
        current: { version },
      });
      expect(text(await store.load(key("a"), at(0)))).toBe("before");
      expect(names(directory).length).toBe(1);
      expect(other.length + nameOf("a", hash).length).toBe(96);
    },
  );

  test.each(["save", "touch"] as const)(
    "gets its own name with a %s, and there is one of it",
    async (change) => {
      const { directory, store, own } = stored();
      const { version } = (await store.load(key("a"), at(0)))!;
      if (change === "save") saved(await store.save(key("a"), version, record("after"), at(0)));
      else expect(await store.touch(key("a"), version, at(2 * HOUR), at(0))).toBe(true);
      expect(names(directory)).toEqual([own]);
      expect(text(await store.load(key("a"), at(0)))).toBe(change === "save" ? "after" : "before");
    },
  );

  test("is ended under both names, also where Python has begun it once more under the new one", async () => {
    const { directory, store, own } = stored();
    writeFileSync(join(directory, own), content(at(HOUR).getTime() / 1000, "now"));
    await store.setup();
    expect(text(await store.load(key("a"), at(0)))).toBe("now");
    expect(text(await store.delete(key("a")))).toBe("now");
    expect(names(directory)).toEqual([]);
    expect(readFileSync(join(directory, COUNT)).at(-2)).toBe(0);
  });

  test("is found while another process gives it its own name", async () => {
    const { directory, store, own, other } = stored();
    const { version } = (await store.load(key("a"), at(0)))!;
    for (let round = 0; round < 50; round++) {
      const touching = store.touch(key("a"), version, at(HOUR), at(0));
      for (let done = false; !done;) {
        expect(text(await store.load(key("a"), at(0)))).toBe("before");
        done = await Promise.race([touching, nextTurn(false)]);
      }
      renameSync(join(directory, own), join(directory, other));
    }
  });

  test("is removed when it has ended", async () => {
    const { directory, store } = stored();
    expect(await store.deleteExpired(10, at(2 * HOUR))).toBe(1);
    expect(names(directory)).toEqual([]);
  });

  test("makes the store warn while Python seems to go on with those names", async () => {
    const { directory, store } = stored();
    writeFileSync(join(directory, fileName(COUNT_KEY, "md5")), content(0, "count"));
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    try {
      await store.setup();
      await store.setup();
      await new FlaskFileStore({ directory, hash: "md5" }).setup();
      expect(warn.mock.calls).toEqual([
        [expect.stringContaining('hash: "md5"'), expect.objectContaining({ code: "HIPFLASK_FILE_HASH" })],
      ]);
    } finally {
      warn.mockRestore();
    }
  });
});

describe("the count", () => {
  const count = (directory: string) => readFileSync(join(directory, COUNT)).toString("hex");

  test("is of all files but itself and what is unfinished, and is right again after setup", async () => {
    const { directory, store } = opened();
    await store.setup();
    expect(count(directory)).toBe("0000000080054b002e");
    await Promise.all([..."abcde"].map((name) => store.create(key(name), record(name), at(0))));
    expect(count(directory)).toBe("0000000080054b052e");
    const { version } = (await store.load(key("a"), at(0)))!;
    saved(await store.save(key("a"), version, record("more"), at(0)));
    await store.delete(key("b"));
    await store.delete(key("b"));
    expect(count(directory)).toBe("0000000080054b042e");
    for (const name of ["foreign", "tmpabcdefgh.__wz_cache"]) writeFileSync(join(directory, name), "x");
    await new FlaskFileStore({ directory }).setup();
    expect(count(directory)).toBe("0000000080054b052e");
    await store.deleteExpired(10, at(2 * HOUR));
    expect(count(directory)).toBe("0000000080054b012e");
  });

  test("is written as Python writes a number of any size", async () => {
    const { directory, store } = opened();
    await store.setup();
    for (const [before, after] of [
      ["4bfe", "4bff"],
      ["4bff", "9504000000000000004d0001"],
      ["4dfeff", "9504000000000000004dffff"],
      ["4dffff", "9506000000000000004a00000100"],
      ["4affffffff", "4b00"],
      ["4afeffffff", "9506000000000000004affffffff"],
      ["4b", "4b01"],
      ["4e", "4b01"],
    ] as const) {
      writeFileSync(join(directory, COUNT), Buffer.from(`000000008005${before}2e`, "hex"));
      await store.create(key("a"), record("x"), at(0));
      expect(count(directory)).toBe(`000000008005${after}2e`);
      writeFileSync(join(directory, COUNT), Buffer.from("00", "hex"));
      await store.delete(key("a"));
    }
  });

  test("is not there where there is no threshold", async () => {
    const { directory, store } = opened({ threshold: 0 });
    await store.setup();
    await store.create(key("a"), record("x"), at(0));
    await store.delete(key("a"));
    expect(existsSync(join(directory, COUNT))).toBe(false);
  });

  test("cannot be written, and sessions are all the same", async () => {
    const { directory, store } = opened();
    await store.setup();
    rmSync(join(directory, COUNT));
    mkdirSync(join(directory, COUNT));
    expect(await store.create(key("a"), record("x"), at(0))).toBeDefined();
    expect(text(await store.delete(key("a")))).toBe("x");
  });

  test("over the threshold new sessions remove what has ended, and never what lives", async () => {
    const { directory, store } = opened({ threshold: 10 });
    for (let index = 0; index < 30; index++) {
      await store.create(key(`live-${index}`), record("live"), at(0));
      await store.create(key(`ended-${index}`), record("ended", 1000), at(0));
    }
    for (let index = 0; index < 10; index++) {
      await store.create(key(`new-${index}`), record("new", 2 * HOUR), at(HOUR / 2));
    }
    expect(names(directory).length).toBe(40);
    for (let index = 0; index < 30; index++) {
      expect(text(await store.load(key(`live-${index}`), at(HOUR / 2)))).toBe("live");
    }
    expect(count(directory)).toBe(`0000000080054b${(40).toString(16)}2e`);
  });

  test("up to the threshold nothing is removed", async () => {
    const { directory, store } = opened({ threshold: 10 });
    for (let index = 0; index < 10; index++) await store.create(key(`${index}`), record("ended", 1), at(0));
    await store.delete(key("0"));
    await store.create(key("new"), record("new", 2 * HOUR), at(HOUR));
    expect(names(directory).length).toBe(10);
  });
});

describe("who may read and write", () => {
  /** What there is in a folder, itself included: whether it is a folder, and its mode. */
  const modes = (directory: string) =>
    ["", ...readdirSync(directory, { recursive: true, encoding: "utf8" })].map((name) => {
      const stats = lstatSync(join(directory, name));
      return { name, isFolder: stats.isDirectory(), mode: (stats.mode & 0o777).toString(8) };
    });

  test("is the owner alone, also with a mask that takes no permission away, and while something is written", async () => {
    const task = "work without a mask";
    let unfinished = 0;
    for (let kill = 10; unfinished < 2; kill++) {
      const directory = newFolder();
      const child = await FileProcess.start({ folder: directory, durability: "flask", task, kill });
      expect(await child.result()).toBeUndefined();
      const found = modes(directory);
      for (const { name, isFolder, mode } of found)
        expect([name, mode]).toEqual([name, isFolder ? "700" : "600"]);
      unfinished += found.filter(({ name }) => name.includes(".__wz_cache/")).length;
    }
  }, 60_000);

  test("is whoever the mode says, whatever the mask", async () => {
    expect(process.umask() & 0o066).not.toBe(0);
    const { directory, store } = opened({ mode: 0o666 });
    const version = (await store.create(key("a"), record("x"), at(0)))!;
    const files = () => modes(directory).filter(({ isFolder }) => !isFolder);
    expect(files().map(({ mode }) => mode)).toEqual(["666", "666"]);
    await store.save(key("a"), version, record("y"), at(0));
    expect(files().map(({ mode }) => mode)).toEqual(["666", "666"]);
  });

  test("a folder that Python has made stays as it is", async () => {
    const { directory, store } = opened();
    mkdirSync(directory);
    chmodSync(directory, 0o755);
    await store.create(key("a"), record("x"), at(0));
    expect(modes(directory)[0]).toMatchObject({ name: "", mode: "755" });
  });
});

describe("what is not the store's", () => {
  const calls = (store: FlaskFileStore) => [
    () => store.load(key("a"), at(0)),
    () => store.create(key("a"), record("new"), at(0)),
    () => store.save(key("a"), new TextEncoder().encode("foreign"), record("new"), at(0)),
    () => store.touch(key("a"), new TextEncoder().encode("foreign"), at(HOUR), at(0)),
    () => store.delete(key("a")),
  ];

  test.each(["a symbolic link", "a symbolic link into nowhere", "a folder", "a pipe"])(
    "%s in the place of a session is not followed, read or removed",
    async (kind) => {
      const { directory, store } = opened();
      mkdirSync(directory);
      const target = join(root, `target-${folders}`);
      writeFileSync(target, content(0, "foreign"));
      const path = join(directory, nameOf("a"));
      if (kind === "a symbolic link") symlinkSync(target, path);
      if (kind === "a symbolic link into nowhere") symlinkSync(join(root, "nowhere"), path);
      if (kind === "a folder") mkdirSync(path);
      if (kind === "a pipe") execFileSync("mkfifo", [path]);
      const before = lstatSync(path);
      for (const call of calls(store)) {
        await expect(call()).rejects.toThrow(/ELOOP|is no file/);
        await expect(call()).rejects.not.toThrow(key("a").id);
      }
      expect(await store.deleteExpired(10, at(HOUR))).toBe(0);
      expect(lstatSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
      expect(readFileSync(target)).toEqual(content(0, "foreign"));
      expect(existsSync(join(root, "nowhere"))).toBe(false);
    },
  );

  test("a second name of a session's file, as backups have, is no hindrance and keeps what it had", async () => {
    const { directory, store } = opened();
    const version = (await store.create(key("a"), record("before"), at(0)))!;
    const backup = newFolder();
    linkSync(join(directory, nameOf("a")), backup);
    saved(await store.save(key("a"), version, record("after"), at(0)));
    expect(text(await store.load(key("a"), at(0)))).toBe("after");
    expect(readFileSync(backup).subarray(4).toString()).toBe("before");
  });

  test("something else where a turn would be is an error, and stays", async () => {
    const { directory, store } = opened();
    const version = (await store.create(key("a"), record("kept"), at(0)))!;
    const place = join(directory, `${nameOf("a")}.__wz_cache`);
    mkdirSync(place);
    writeFileSync(join(place, "foreign"), "x");
    utimesSync(place, 1, 1);
    await expect(store.save(key("a"), version, record("next"), at(0))).rejects.toThrow(
      /who else writes there/,
    );
    await store.deleteExpired(10, at(0));
    expect(readdirSync(place)).toEqual(["foreign"]);
    expect(text(await store.load(key("a"), at(0)))).toBe("kept");
    rmSync(place, { recursive: true });
    writeFileSync(place, "a file");
    await expect(store.save(key("a"), version, record("next"), at(0))).rejects.toThrow("ENOTDIR");
    expect(names(directory)).toEqual([nameOf("a"), `${nameOf("a")}.__wz_cache`].toSorted());
  });

  test("files and folders of other names stay, whatever is in them", async () => {
    const { directory, store } = opened({ threshold: 1 });
    mkdirSync(directory);
    const hex = "0".repeat(64);
    const foreign = ["notes", `${hex}.bak`, hex.slice(1), "tmpabcdefgh.__wz_cache", `${hex.slice(1)}g`];
    for (const name of foreign) writeFileSync(join(directory, name), content(1, "x"));
    const folder = ["folder", "f".repeat(64), "hipflask-own.__wz_cache", "folder.__wz_cache"];
    for (const name of folder) mkdirSync(join(directory, name));
    symlinkSync(join(directory, "notes"), join(directory, "e".repeat(64)));
    for (const name of [...foreign, ...folder]) utimesSync(join(directory, name), 1, 1);
    for (let index = 0; index < 5; index++) await store.create(key(`${index}`), record("x"), at(0));
    expect(await store.deleteExpired(100, at(2 * HOUR))).toBe(5);
    expect(names(directory)).toEqual([...foreign, ...folder, "e".repeat(64)].toSorted());
  });
});

describe("a folder", () => {
  test("that is gone is an error, and not the end of all sessions; setup makes it again", async () => {
    const { directory, store } = opened();
    const version = (await store.create(key("a"), record("kept"), at(0)))!;
    renameSync(directory, `${directory}-away`);
    for (const call of [
      () => store.load(key("a"), at(0)),
      () => store.save(key("a"), version, record("next"), at(0)),
      () => store.touch(key("a"), version, at(HOUR), at(0)),
      () => store.delete(key("a")),
      () => store.create(key("b"), record("new"), at(0)),
      () => store.deleteExpired(10, at(0)),
    ]) {
      await expect(call()).rejects.toThrow("ENOENT");
    }
    expect(existsSync(directory)).toBe(false);
    renameSync(`${directory}-away`, directory);
    expect(text(await store.load(key("a"), at(0)))).toBe("kept");
    rmSync(directory, { recursive: true });
    await store.setup();
    expect(await store.load(key("a"), at(0))).toBeUndefined();
    expect(await store.create(key("a"), record("new"), at(0))).toBeDefined();
  });

  test("may be behind a link, as deployments have it", async () => {
    const directory = newFolder();
    const link = newFolder();
    mkdirSync(directory);
    symlinkSync(directory, link);
    await new FlaskFileStore({ directory: link }).create(key("a"), record("x"), at(0));
    expect(text(await new FlaskFileStore({ directory }).load(key("a"), at(0)))).toBe("x");
  });

  test("is flask_session where the process was started, by default, and nothing is there before the first use", async () => {
    const directory = newFolder();
    mkdirSync(directory);
    const cwd = vi.spyOn(process, "cwd").mockReturnValue(directory);
    const store = new FlaskFileStore();
    cwd.mockRestore();
    expect(readdirSync(directory)).toEqual([]);
    await store.create(key("a"), record("x"), at(0));
    expect(names(join(directory, "flask_session"))).toEqual([nameOf("a")]);
  });
});

test.each([
  [{ directory: "" }, /SESSION_FILE_DIR/],
  [{ directory: 1 as never }, /SESSION_FILE_DIR/],
  [{ threshold: -1 }, /SESSION_FILE_THRESHOLD/],
  [{ threshold: 1.5 }, /SESSION_FILE_THRESHOLD/],
  [{ threshold: "500" as never }, /SESSION_FILE_THRESHOLD/],
  [{ mode: 600 }, /0o600/],
  [{ mode: 0o400 }, /0o600/],
  [{ mode: 0o1600 }, /0o600/],
  [{ mode: "0600" as never }, /0o600/],
  [{ hash: "sha1" as never }, /"md5"/],
  [{ prefix: null as never }, /prefix: "session:"/],
])("%o is refused, and told what to do", (options, message) => {
  expect(() => new FlaskFileStore(options)).toThrow(ConfigError);
  expect(() => new FlaskFileStore(options)).toThrow(message);
});

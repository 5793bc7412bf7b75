import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../../../test/support/provisioned.ts";
import { PythonLines } from "../../../test/support/python-lines.ts";
import { readPickle } from "../../encoding/pickle/read.ts";
import { writePickle } from "../../encoding/pickle/write.ts";
import type { SessionKey, SessionRecord } from "../../session/store.ts";
import { FlaskFileStore, type FlaskFileStoreOptions } from "./file.ts";

/** What cachelib_lines.py can be asked. */
interface Questions {
  start(question: { directory: string; threshold?: number; mode?: number }): null;
  get(question: { key: string }): unknown;
  set(question: { key: string; value: unknown; timeout: number }): boolean;
  delete(question: { key: string }): boolean;
  count(question: Record<string, never>): number;
}

const HOUR = 60 * 60 * 1000;

const own = (name: string): SessionKey => ({ id: name.padEnd(43, "_"), owner: undefined });
const stored = (name: string) => `session:${own(name).id}`;
const record = (value: unknown, lifetime = HOUR): SessionRecord => ({
  data: writePickle(value),
  expires: new Date(Date.now() + lifetime),
});

describeWith("cachelib", "FlaskFileStore and Debian's cachelib in one folder", () => {
  let root: string;
  let python: PythonLines<Questions>;
  let folders = 0;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "hipflask-cachelib-"));
    python = new PythonLines(
      fileURLToPath(new URL("../../../test/flask-session/cachelib_lines.py", import.meta.url)),
    );
  });
  afterAll(async () => {
    await python.stop();
    rmSync(root, { recursive: true, force: true });
  });

  /** Both on a folder of their own. This cachelib names files by MD5. */
  const opened = async (options: FlaskFileStoreOptions = {}) => {
    const directory = join(root, String((folders += 1)));
    const store = new FlaskFileStore({ directory, hash: "md5", ...options });
    await python.ask("start", { directory, threshold: options.threshold ?? 500 });
    await store.setup();
    return { directory, store };
  };
  const load = async (store: FlaskFileStore, name: string) => {
    const loaded = await store.load(own(name), new Date());
    return loaded && readPickle(loaded.data);
  };

  test("each reads, changes and ends what the other wrote", async () => {
    const { store } = await opened();
    await store.create(own("a"), record({ ours: 1 }), new Date());
    expect(await python.ask("get", { key: stored("a") })).toEqual({ ours: 1 });
    expect(await python.ask("set", { key: stored("a"), value: { theirs: 2 }, timeout: 100 })).toBe(true);
    expect(await load(store, "a")).toEqual({ theirs: 2 });
    const { version } = (await store.load(own("a"), new Date()))!;
    await store.save(own("a"), version, record({ ours: 3 }), new Date());
    expect(await python.ask("get", { key: stored("a") })).toEqual({ ours: 3 });
    expect(await python.ask("delete", { key: stored("a") })).toBe(true);
    expect(await load(store, "a")).toBeUndefined();
    await python.ask("set", { key: stored("b"), value: { theirs: 4 }, timeout: 100 });
    expect(await store.delete(own("b"))).toBeDefined();
    expect(await python.ask("get", { key: stored("b") })).toBeNull();
  });

  test("what Python wrote without looking is a conflict, and not overwritten", async () => {
    const { store } = await opened();
    const version = (await store.create(own("a"), record({ count: 1 }), new Date()))!;
    await python.ask("set", { key: stored("a"), value: { count: 2 }, timeout: 100 });
    const late = await store.save(own("a"), version, record({ count: 9 }), new Date());
    expect(late.outcome).toBe("conflict");
    expect(late.outcome === "conflict" && readPickle(late.current.data)).toEqual({ count: 2 });
    expect(await store.touch(own("a"), version, new Date(Date.now() + HOUR), new Date())).toBe(false);
    await python.ask("delete", { key: stored("a") });
    expect(await store.save(own("a"), version, record({ count: 9 }), new Date())).toEqual({
      outcome: "gone",
    });
    expect(await python.ask("get", { key: stored("a") })).toBeNull();
  });

  test("a session ends for both at the same time, and lives on for both after a touch", async () => {
    const { store } = await opened();
    await store.create(own("a"), record({ a: 1 }, -1000), new Date());
    expect(await python.ask("get", { key: stored("a") })).toBeNull();
    expect(await load(store, "a")).toBeUndefined();
    await python.ask("set", { key: stored("b"), value: { b: 1 }, timeout: -2 });
    expect(await load(store, "b")).toBeUndefined();
    const version = (await store.create(own("c"), record({ c: 1 }, 1000), new Date()))!;
    await store.touch(own("c"), version, new Date(Date.now() + HOUR), new Date());
    expect(await python.ask("get", { key: stored("c") })).toEqual({ c: 1 });
  });

  test("both count the same files, beyond what a byte holds", async () => {
    const { directory, store } = await opened();
    const count = () => python.ask("count", {});
    expect(await count()).toBe(0);
    for (let index = 0; index < 150; index++) {
      await store.create(own(`ours-${index}`), record({ index }), new Date());
      await python.ask("set", { key: stored(`theirs-${index}`), value: { index }, timeout: 100 });
    }
    expect(await count()).toBe(300);
    for (let index = 0; index < 30; index++) {
      await store.delete(own(`theirs-${index}`));
      await python.ask("delete", { key: stored(`ours-${index}`) });
    }
    expect(await count()).toBe(240);
    // Whoever starts counts anew, and comes to the same.
    await python.ask("start", { directory });
    expect(await count()).toBe(240);
    await new FlaskFileStore({ directory, hash: "md5" }).setup();
    expect(await count()).toBe(240);
  });

  test("over the threshold Python removes by the count that both keep, and finds it right afterwards", async () => {
    const { directory, store } = await opened({ threshold: 20 });
    for (let index = 0; index < 30; index++) {
      await store.create(own(`${index}`), record({ index }, HOUR + index * 1000), new Date());
    }
    // None of ours was removed by us.
    for (let index = 0; index < 30; index++) expect(await load(store, `${index}`)).toEqual({ index });
    await python.ask("set", { key: stored("theirs"), value: {}, timeout: 2 * 3600 });
    expect(await load(store, "0")).toBeUndefined();
    expect(await load(store, "29")).toEqual({ index: 29 });
    const count = await python.ask("count", {});
    await python.ask("start", { directory, threshold: 20 });
    expect(await python.ask("count", {})).toBe(count);
    expect(readdirSync(directory).filter((name) => /^[0-9a-f]{32}$/.test(name)).length).toBe(count + 1);
  });

  test("what is unfinished, or was left so, is none of Python's files", async () => {
    const { directory, store } = await opened({ threshold: 5 });
    for (let index = 0; index < 5; index++)
      await store.create(own(`${index}`), record({ index }), new Date());
    const turn = "0123456789abcdef".repeat(2);
    for (const name of [`hipflask-${turn}`, "f".repeat(32)]) {
      mkdirSync(join(directory, `${name}.__wz_cache`));
      writeFileSync(join(directory, `${name}.__wz_cache`, turn), "unfinished");
    }
    await python.ask("start", { directory, threshold: 5 });
    expect(await python.ask("count", {})).toBe(5);
    await python.ask("set", { key: stored("theirs"), value: {}, timeout: 100 });
    expect(readdirSync(directory).filter((name) => name.endsWith(".__wz_cache"))).toHaveLength(2);
  });
});

import { chmodSync, closeSync, lstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { LoadedRecord, RecordStore, SessionKey, SessionRecord, SessionStore, Version } from "hipflask";

const HOUR = 60 * 60 * 1000;

/** When everything happens. */
export const NOW: Date = new Date(Date.UTC(2031, 4, 6));
export const EXPIRES: Date = new Date(NOW.getTime() + HOUR);
export const LATER: Date = new Date(NOW.getTime() + 2 * HOUR);

const ada = "ada".padEnd(22, "_");
const key = (name: string, owner?: string): SessionKey => ({ id: name.padEnd(43, "_"), owner });

/** The records that are there, or may come. */
export const KEYS = {
  /** Ada's, who has one session. */
  ada: key("ada", ada),
  /** A visitor's. */
  visitor: key("visitor"),
  /** One that has expired. */
  expired: key("expired"),
  /** Not there before. */
  next: key("next", ada),
};

/** A record of a few pages of the disk. */
export function record(text: string, expires: Date = EXPIRES): SessionRecord {
  return { data: new TextEncoder().encode(`${text} `.repeat(2000)), expires };
}

/** The text of a `record`. @throws Error when the bytes are not those of one */
export function textOf(stored: LoadedRecord | undefined): string | undefined {
  if (stored === undefined) return undefined;
  const all = new TextDecoder().decode(stored.data);
  const text = all.slice(0, all.indexOf(" "));
  if (all !== `${text} `.repeat(2000)) throw new Error("A record is torn.");
  return text;
}

/** Fills an empty store with what the tasks expect. */
export async function prepare(store: RecordStore): Promise<void> {
  await store.create(KEYS.ada, record("old"), NOW);
  await store.create(KEYS.visitor, record("old"), NOW);
  await store.create(KEYS.expired, record("old", new Date(NOW.getTime() - 1000)), NOW);
}

const version = async (store: SessionStore) => (await store.load(KEYS.ada, NOW))!.version;

/** What a process can do, in two parts: the first gets ready, what it returns is the task itself. */
export const TASKS: Record<string, (store: SessionStore, folder: string) => Promise<() => Promise<unknown>>> =
  {
    create: async (store) => () => store.create(KEYS.next, record("new"), NOW),
    save: async (store) => {
      const loaded = await version(store);
      return async () => (await store.save(KEYS.ada, loaded, record("new"), NOW)).outcome;
    },
    replace: async (store) => {
      const loaded = await version(store);
      return async () => {
        const retired = record("retired");
        return (await store.replace(KEYS.ada, loaded, retired, KEYS.next, record("new"), NOW)).outcome;
      };
    },
    touch: async (store) => {
      const loaded = await version(store);
      return () => store.touch(KEYS.ada, loaded, LATER, NOW);
    },
    delete: async (store) => async () => textOf(await store.delete(KEYS.ada)),
    deleteExpired: async (store) => () => store.deleteExpired!(10, NOW),
    deleteOwned: async (store) => () => store.deleteOwned!(ada, [], NOW),
    deleteAll: async (store) => () => store.deleteAll!(NOW),

    /** Counts Ada's record up 100 times, as often as it must try. */
    count: async (store) => async () => {
      for (let done = 0; done < 100;) {
        const current = (await store.load(KEYS.ada, NOW))!;
        const next = record(String(Number(textOf(current)) + 1));
        const { outcome } = await store.save(KEYS.ada, current.version, next, NOW);
        if (outcome === "saved") done += 1;
      }
    },

    /** Makes the store with a mask that takes no permission away. */
    "work without a mask": async (store) => async () => {
      process.umask(0);
      await prepare(store);
      await store.save(KEYS.ada, await version(store), record("new"), NOW);
    },

    "run out of files": async (store) => {
      const loaded = await version(store);
      const taken: number[] = [];
      const restrict = () => {
        try {
          for (;;) taken.push(openSync("/dev/null", "r"));
        } catch {
          // There are no more.
        }
      };
      return () =>
        failures(store, loaded, restrict, () => taken.splice(0).forEach((file) => closeSync(file)));
    },

    "be denied": async (store, folder) => {
      await prepare(store);
      const loaded = await version(store);
      const folders = () =>
        [
          folder,
          ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
        ].filter((path) => lstatSync(path).isDirectory());
      const all = folders();
      const allow = (mode: number) => () => all.forEach((path) => chmodSync(path, mode));
      return () => failures(store, loaded, allow(0o500), allow(0o700));
    },
  };

/** How each call fails while something is missing, and whether all is well as soon as it is there again. */
async function failures(
  store: SessionStore,
  loaded: Version,
  restrict: () => void,
  allow: () => void,
): Promise<{ codes: unknown[]; before: unknown; after: unknown }> {
  const save = async () => (await store.save(KEYS.ada, loaded, record("new"), NOW)).outcome;
  const calls = [
    () => store.create(KEYS.next, record("new"), NOW),
    save,
    () => store.touch(KEYS.ada, loaded, LATER, NOW),
    () => store.delete(KEYS.ada),
    () => store.deleteExpired!(10, NOW),
  ];
  restrict();
  const codes = [];
  for (const call of calls)
    codes.push(
      await call().then(
        () => "none",
        (error: unknown) => (error as NodeJS.ErrnoException).code,
      ),
    );
  allow();
  const text = async () => textOf(await store.load(KEYS.ada, NOW));
  return { codes, before: await text(), after: [await save(), await text()] };
}

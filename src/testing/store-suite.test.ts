import Database from "libsql";
import { describe, expect, test } from "vitest";
import type { SessionRecord, SessionStore, StoredRecord, Version } from "../session/store.ts";
import { SqliteStore } from "../stores/sqlite.ts";
import { type StoreCapabilities, storeSuite } from "./index.ts";

type Store = Required<SessionStore>;
type Change = (store: Store) => { [Method in keyof SessionStore]?: SessionStore[Method] | undefined };

const ALL = { deleteExpired: true, owners: true, deleteAll: true, list: true };

interface Trial {
  readonly capabilities?: StoreCapabilities;
  /** Which tests to run, by their names. Default: all. */
  readonly only?: RegExp;
}

/** Runs the suite on a SqliteStore of which some methods are written anew, and gives the names of the tests that failed. */
async function failures(change: Change, { capabilities = ALL, only = /^/ }: Trial = {}): Promise<string[]> {
  const tests: { name: string; run: () => Promise<void> }[] = [];
  const spaces = new Map<string, SessionStore>();
  storeSuite({
    test: (name, run) => only.test(name) && tests.push({ name, run }),
    open: async (space) => {
      const store = spaces.get(space) ?? changed(new SqliteStore(new Database(":memory:")) as Store, change);
      spaces.set(space, store);
      return { store, close: async () => {} };
    },
    capabilities,
  });
  const results = await Promise.allSettled(tests.map(({ run }) => run()));
  return tests.flatMap(({ name }, index) => (results[index]!.status === "rejected" ? [name] : []));
}

function changed(store: Store, change: Change): SessionStore {
  const own = change(store);
  return new Proxy(store, {
    get(target, method: keyof SessionStore) {
      if (method in own) return own[method];
      const real = target[method];
      return typeof real === "function" ? real.bind(target) : real;
    },
  });
}

/** What is there, whatever the version. */
const current = async (store: Store, ...of: Parameters<Store["load"]>): Promise<Version> =>
  (await store.load(...of))?.version ?? 0;

test("a store that does what it should passes", async () => {
  expect(await failures(() => ({}))).toEqual([]);
});

test("a store with more or fewer methods than it declares does not pass", async () => {
  const name = "has the optional methods that it declares, and no others";
  expect(await failures(() => ({}), { capabilities: { owners: true, deleteAll: true, list: true } })).toEqual(
    [name],
  );
  expect(await failures(() => ({ deleteAll: undefined }))).toContain(name);
});

describe("the suite finds", () => {
  const cases: Record<string, [expected: RegExp, change: Change]> = {
    "a create that writes over what is there": [
      /^create changes nothing where there is a record already$/,
      (store) => ({
        create: async (key, record, now) => {
          await store.delete(key);
          return store.create(key, record, now);
        },
      }),
    ],
    "a create that takes an expired record's place": [
      /^create changes nothing where there is a record that has expired$/,
      (store) => ({
        create: async (key, record, now) => {
          if ((await store.load(key, now)) === undefined) await store.delete(key);
          return store.create(key, record, now);
        },
      }),
    ],
    "a load that looks at seconds": [
      /live to its last millisecond/,
      (store) => ({
        load: (key, now) => store.load(key, new Date(Math.floor(now.getTime() / 1000) * 1000)),
      }),
    ],
    "a load that looks at the machine's clock": [
      /the clock that counts/,
      (store) => ({ load: (key) => store.load(key, new Date()) }),
    ],
    "a load that removes what has expired": [
      /live to its last millisecond/,
      (store) => ({
        load: async (key, now) => {
          const stored = await store.load(key, now);
          if (stored === undefined) await store.delete(key);
          return stored;
        },
      }),
    ],
    "a backend that removes records early": [
      /^the backend's own expiry is never early$/,
      (store) => ({
        create: async (key, record, now) => {
          const isShort = record.expires.getTime() - now.getTime() < 2000;
          if (isShort) setTimeout(() => void store.delete(key), 1000);
          return store.create(key, record, now);
        },
      }),
    ],
    "a save that ignores the version": [
      /^save over an older version/,
      (store) => ({
        save: async (key, _, record, now) => store.save(key, await current(store, key, now), record, now),
      }),
    ],
    "a save that looks first and writes later": [
      /parallel saves of one version exactly one succeeds/,
      (store) => {
        let writing: Promise<unknown> = Promise.resolve();
        return {
          save: async (key, version, record, now) => {
            const found = await store.load(key, now);
            if (found?.version !== version) return store.save(key, version, record, now);
            const written = writing.then(async () =>
              store.save(key, await current(store, key, now), record, now),
            );
            writing = written;
            return written;
          },
        };
      },
    ],
    "a save that makes a record": [
      /^a record that was deleted is gone/,
      (store) => ({
        save: async (key, version, record, now) => {
          const result = await store.save(key, version, record, now);
          if (result.outcome !== "gone") return result;
          await store.delete(key);
          return { outcome: "saved", version: (await store.create(key, record, now))! };
        },
      }),
    ],
    "a conflict that brings what was refused": [
      /^save over an older version/,
      (store) => ({
        save: async (key, version, record, now) => {
          const result = await store.save(key, version, record, now);
          if (result.outcome !== "conflict") return result;
          return { outcome: "conflict", current: { ...result.current, data: record.data } };
        },
      }),
    ],
    "a save that keeps the old expiry": [
      /^save, touch and replace move the expiry/,
      (store) => ({
        save: async (key, version, record, now) => {
          const expires = (await store.load(key, now))?.expires ?? record.expires;
          return store.save(key, version, { data: record.data, expires }, now);
        },
      }),
    ],
    "a touch that makes a new version": [
      /^touch moves the expiry/,
      (store) => ({
        touch: async (key, version, expires, now) => {
          const data = (await store.load(key, now))?.data ?? new Uint8Array();
          return (await store.save(key, version, { data, expires }, now)).outcome === "saved";
        },
      }),
    ],
    "a touch that ignores the version": [
      /^touch refuses another version/,
      (store) => ({
        touch: async (key, _, expires, now) => store.touch(key, await current(store, key, now), expires, now),
      }),
    ],
    "a touch that does nothing": [
      /^touch moves the expiry/,
      (store) => ({
        touch: async (key, version, _, now) => (await store.load(key, now))?.version === version,
      }),
    ],
    "a delete that tells nothing": [
      /^delete gives what the record was/,
      (store) => ({ delete: async (key) => void (await store.delete(key)) }),
    ],
    "a delete that spares what has expired": [
      /^delete gives what an expired record was$/,
      (store) => ({
        delete: async (key) =>
          (await store.load(key, new Date("2031-05-06T08:00:00Z"))) ? store.delete(key) : undefined,
      }),
    ],
    "a replace that leaves the next record when it failed": [
      /^replace over an older version/,
      (store) => ({
        replace: async (key, version, retired, nextKey, record, now) => {
          const next = (await store.create(nextKey, record, now))!;
          const result = await store.save(key, version, retired, now);
          return result.outcome === "saved" ? { ...result, version: next } : result;
        },
      }),
    ],
    "a replace that gives the retired record's version": [
      /^replace keeps the retired and the next record/,
      (store) => ({
        replace: async (key, version, retired, nextKey, record, now) => {
          const result = await store.replace(key, version, retired, nextKey, record, now);
          if (result.outcome !== "saved") return result;
          return { ...result, version: await current(store, key, now) };
        },
      }),
    ],
    "bytes that are kept as text": [
      /^data of bytes that are no UTF-8/,
      (store) => ({
        load: async (...of) => {
          const stored = await store.load(...of);
          return (
            stored && { ...stored, data: new TextEncoder().encode(new TextDecoder().decode(stored.data)) }
          );
        },
      }),
    ],
    "bytes that are handed out twice": [
      /^changing what was handed out/,
      (store) => {
        const handed = new Map<string, StoredRecord>();
        return {
          load: async (key, now) => {
            const stored = await store.load(key, now);
            if (stored === undefined) return undefined;
            const same = handed.get(`${key.id}${stored.version}`) ?? stored;
            handed.set(`${key.id}${stored.version}`, same);
            return same;
          },
        };
      },
    ],
    "bytes that stay the caller's": [
      /^changing what was handed in/,
      (store) => {
        const taken = new Map<string, SessionRecord>();
        return {
          create: async (key, record, now) => {
            taken.set(key.id, record);
            return store.create(key, record, now);
          },
          load: async (key, now) => {
            const stored = await store.load(key, now);
            return stored && { ...stored, ...taken.get(key.id) };
          },
        };
      },
    ],
    "keys without a case": [
      /^keys that differ only in case/,
      (store) => {
        const lower = <Key extends { readonly id: string }>(key: Key) => ({
          ...key,
          id: key.id.toLowerCase(),
        });
        return {
          create: (key, ...rest) => store.create(lower(key), ...rest),
          load: (key, ...rest) => store.load(lower(key), ...rest),
          save: (key, ...rest) => store.save(lower(key), ...rest),
          delete: (key) => store.delete(lower(key)),
        };
      },
    ],
    "a version that comes twice": [
      /^each state of a record has a version/,
      (store) => ({
        save: async (...args) => {
          const result = await store.save(...args);
          return result.outcome === "saved" ? { outcome: "saved", version: 1 } : result;
        },
      }),
    ],
    "a deleteExpired that is a millisecond early": [
      /^deleteExpired goes by the expiry to the millisecond/,
      (store) => ({
        deleteExpired: (limit, now) => store.deleteExpired(limit, new Date(now.getTime() + 1)),
      }),
    ],
    "a deleteExpired without a limit": [
      /^deleteExpired removes up to its limit/,
      (store) => ({ deleteExpired: (_, now) => store.deleteExpired(1_000_000, now) }),
    ],
    "a deleteExpired that counts what others remove": [
      /^several that call deleteExpired at once/,
      (store) => ({
        deleteExpired: async (limit, now) => (await store.deleteExpired(limit, now)) && limit,
      }),
    ],
    "a list with expired records": [
      /^listOwned gives an owner's live records/,
      (store) => ({ listOwned: (owner) => store.listOwned(owner, new Date(0)) }),
    ],
    "a deleteOwned that spares nobody": [
      /^deleteOwned spares the records/,
      (store) => ({ deleteOwned: (owner, _, now) => store.deleteOwned(owner, [], now) }),
    ],
    "a deleteOwned that goes by the clock": [
      /^what is created after deleteOwned has answered lives/,
      (store) => {
        const ended = new Map<string, number>();
        return {
          deleteOwned: async (owner, except, now) => {
            ended.set(owner, now.getTime());
            return store.deleteOwned(owner, except, now);
          },
          load: async (key, now) => {
            const stored = await store.load(key, now);
            const until = ended.get(key.owner ?? "") ?? 0;
            return stored && stored.seen.getTime() > until ? stored : undefined;
          },
        };
      },
    ],
    "a deleteOwned that only empties a list": [
      /^deleteOwned ends an owner's records for good/,
      (store) => {
        const ended = new Set<string>();
        return {
          deleteOwned: async (owner) => ended.add(owner).size,
          listOwned: async (owner, now) => (ended.has(owner) ? [] : store.listOwned(owner, now)),
        };
      },
    ],
    "a list of all that is one of users alone": [
      /^list gives all live records/,
      (store) => ({
        list: async (...args) => {
          const { records, next } = await store.list(...args);
          return { records: records.filter(({ key }) => key.owner !== undefined), next };
        },
      }),
    ],
    "a list of all with expired records": [
      /^list gives all live records/,
      (store) => ({ list: (after, limit) => store.list(after, limit, new Date(0)) }),
    ],
    "a list of all at once": [
      /^list comes in pages/,
      (store) => ({ list: (_, __, now) => store.list(undefined, 1_000_000, now) }),
    ],
    "a list of all whose pages have a gap between them": [
      /^list comes in pages/,
      (store) => ({
        list: async (after, limit, now) => {
          const page = await store.list(after, limit, now);
          return page.next === undefined ? page : { ...page, records: page.records.slice(1) };
        },
      }),
    ],
    "a list of all that counts how many came before": [
      /^what is there throughout is listed/,
      (store) => ({
        list: async (after = "0", limit, now) => {
          const { records } = await store.list(undefined, 1_000_000, now);
          const end = Number(after) + limit;
          return {
            records: records.slice(Number(after), end),
            next: end < records.length ? String(end) : undefined,
          };
        },
      }),
    ],
    "a list of all that fails for a place of others": [
      /^list takes whatever text/,
      (store) => ({
        list: async (after, ...rest) => {
          if (after !== undefined && after.length !== 43) throw new Error("no such place");
          return store.list(after, ...rest);
        },
      }),
    ],
    "a deleteAll that knows only users": [
      /^deleteAll ends every record for good/,
      (store) => ({
        deleteAll: async (now) => {
          for (const owner of ["owner", "other"]) await store.deleteOwned(owner.padEnd(22, "_"), [], now);
          return 2;
        },
      }),
    ],
  };

  test.each(Object.entries(cases))("%s", async (_, [expected, change]) => {
    expect(await failures(change, { only: expected })).not.toEqual([]);
  });
});

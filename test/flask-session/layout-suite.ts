import { setTimeout as delay } from "node:timers/promises";
import type { RecordStore, SaveResult, SessionKey, SessionRecord, Version } from "hipflask";
import { expect, test } from "vitest";

export interface Layout {
  /** A store on a space of its own. Stores on one space share their records, as processes do. */
  readonly open: (space: string) => Promise<RecordStore>;
  /** What ends a record: the time that the store is told, or the clock of the server. Default: `told`. */
  readonly expiry?: "told" | "server";
  /** How many milliseconds a record may live too long, because the layout keeps no finer times. Default: 0. */
  readonly grain?: number;
  /** Whether there is `deleteExpired`. Default: false. */
  readonly deleteExpired?: boolean;
  /**
   * What a save comes to that finds the very bytes that it was to write. `saved` where a client may send a command again, and
   * nobody can tell whose they are. Default: `conflict`.
   */
  readonly sameBytes?: "conflict" | "saved";
}

type Result = SaveResult<{ readonly data: Uint8Array; readonly version: Version }>;
type Check = (one: RecordStore, two: RecordStore) => Promise<void>;

const HOUR = 60 * 60 * 1000;
/**
 * Tomorrow, so that no server ends by its own clock what a test has not ended by the one that it tells; and a whole second, because
 * cachelib keeps no finer times.
 */
const NOW = Math.floor(Date.now() / 1000) * 1000 + 24 * HOUR;

export function at(ms: number): Date {
  return new Date(NOW + ms);
}

/** The key of the session that a test calls `name`. */
export function key(name: string): SessionKey {
  return { id: name.padEnd(43, "_"), owner: undefined };
}

export function record(content: string, expires = HOUR): SessionRecord {
  return { data: new TextEncoder().encode(content), expires: at(expires) };
}

export function text(stored: { readonly data: Uint8Array } | undefined): string | undefined {
  return stored && new TextDecoder().decode(stored.data);
}

/** The version that a save gives. */
export function saved(result: Result): Version {
  if (result.outcome !== "saved") throw new Error(`The outcome is ${result.outcome}.`);
  return result.version;
}

/** What may come in the place of an ID, if somebody lets it. */
const NO_IDS: readonly unknown[] = [
  undefined,
  null,
  0,
  1e43,
  true,
  {},
  { $ne: "" },
  { $gt: "" },
  ["a".repeat(43)],
  new Uint8Array(43),
  { length: 43, toString: () => "a".repeat(43) },
  "",
  "a".repeat(19),
  "a".repeat(129),
  "' OR '1'='1",
  "'; DROP TABLE sessions; -- ",
  ...[
    "%",
    "*",
    "a\0",
    "a\r\n",
    "a b",
    "a:b",
    "a.b",
    "../",
    "é",
    "\ud800",
    "\u00bf' OR 1=1 -- ",
    "$where",
  ].map((start) => start.padEnd(43, "a")),
  ...["\n", " ", "\0", "=", "/", "+"].map((end) => "a".repeat(42) + end),
];

/** Defines the tests that the store of each of Flask-Session's layouts must pass: `RecordStore`, on the real server. */
export function layoutSuite(layout: Layout): void {
  const { grain = 0, expiry = "told", deleteExpired = false, sameBytes = "conflict" } = layout;
  let spaces = 0;
  const check = (name: string, run: Check) => {
    test(name, async () => {
      spaces += 1;
      const space = `layout_${spaces}`;
      await run(await layout.open(space), await layout.open(space));
    });
  };

  const isGone = async (store: RecordStore, version: Version, now = at(0)): Promise<void> => {
    const kept = { data: Uint8Array.of(1), expires: new Date(now.getTime() + HOUR) };
    expect(await store.load(key("a"), now)).toBeUndefined();
    expect(await store.save(key("a"), version, kept, now)).toEqual({ outcome: "gone" });
    expect(await store.touch(key("a"), version, kept.expires, now)).toBe(false);
    expect(await store.load(key("a"), now)).toBeUndefined();
  };

  check("a record is there for every process, with its version", async (one, two) => {
    const version = (await one.create(key("a"), record("first"), at(0)))!;
    expect(version).toBeDefined();
    const { data } = record("first");
    for (const store of [one, two]) expect(await store.load(key("a"), at(0))).toEqual({ data, version });
    expect(await two.load(key("b"), at(0))).toBeUndefined();
  });

  check("create leaves a key alone that is taken", async (one, two) => {
    const version = (await one.create(key("a"), record("first"), at(0)))!;
    for (const store of [one, two]) {
      expect(await store.create(key("a"), record("second"), at(0))).toBeUndefined();
      expect(await store.create(key("a"), record("first"), at(0))).toBeUndefined();
    }
    expect(await two.load(key("a"), at(0))).toEqual({ data: record("first").data, version });
  });

  check("of twenty that create one key at the same time one does", async (one, two) => {
    for (const name of ["a", "b", "c"]) {
      const created = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          [one, two][index % 2]!.create(key(name), record(`${index}`), at(0)),
        ),
      );
      const winners = created.flatMap((version, index) => (version === undefined ? [] : [`${index}`]));
      expect(winners).toEqual([text(await two.load(key(name), at(0)))]);
      await one.delete(key(name));
      expect(await two.load(key(name), at(0))).toBeUndefined();
    }
  });

  check("save takes the place of the version that was loaded, and of no other", async (one, two) => {
    const first = (await one.create(key("a"), record("first"), at(0)))!;
    const second = saved(await two.save(key("a"), first, record("second"), at(0)));
    expect(await one.load(key("a"), at(0))).toEqual({ data: record("second").data, version: second });
    const late = await one.save(key("a"), first, record("late"), at(0));
    expect(late).toEqual({ outcome: "conflict", current: { data: record("second").data, version: second } });
    expect(text(await two.load(key("a"), at(0)))).toBe("second");
    if (late.outcome !== "conflict") return;
    saved(await one.save(key("a"), late.current.version, record("third"), at(0)));
    expect(text(await two.load(key("a"), at(0)))).toBe("third");
  });

  check("a save of the bytes that are there already moves the end, and so does a touch", async (one) => {
    let version = (await one.create(key("a"), record("same", HOUR), at(0)))!;
    for (const end of [HOUR, HOUR, 2 * HOUR]) {
      version = saved(await one.save(key("a"), version, record("same", end), at(0)));
      expect(await one.touch(key("a"), version, at(end), at(0))).toBe(true);
      expect(await one.touch(key("a"), version, at(end), at(0))).toBe(true);
    }
    expect(await one.load(key("a"), at(0))).toEqual({ data: record("same").data, version });
    if (expiry === "told") expect(text(await one.load(key("a"), at(2 * HOUR - 1)))).toBe("same");
  });

  check(`bytes that another one wrote just like this are: ${sameBytes}`, async (one, two) => {
    const zero = (await one.create(key("a"), record("0"), at(0)))!;
    saved(await two.save(key("a"), zero, record("1"), at(0)));
    expect(await one.save(key("a"), zero, record("1"), at(0))).toMatchObject({ outcome: sameBytes });
  });

  check("touch leaves the version and the bytes as they are", async (one, two) => {
    const version = (await one.create(key("a"), record("kept"), at(0)))!;
    expect(await two.touch(key("a"), version, at(2 * HOUR), at(0))).toBe(true);
    expect(await one.load(key("a"), at(0))).toEqual({ data: record("kept").data, version });
    const next = saved(await one.save(key("a"), version, record("next"), at(0)));
    expect(await two.touch(key("a"), version, at(3 * HOUR), at(0))).toBe(false);
    expect(await two.touch(key("a"), next, at(3 * HOUR), at(0))).toBe(true);
    expect(await two.touch(key("b"), next, at(3 * HOUR), at(0))).toBe(false);
    expect(await two.load(key("b"), at(0))).toBeUndefined();
  });

  check("delete ends a record, and gives what it was", async (one, two) => {
    const version = (await one.create(key("a"), record("last"), at(0)))!;
    expect(await two.delete(key("a"))).toEqual({ data: record("last").data, version });
    expect(await one.delete(key("a"))).toBeUndefined();
    for (const store of [one, two]) await isGone(store, version);
    expect(await one.create(key("a"), record("new"), at(0))).toBeDefined();
  });

  check("nothing that is under way brings a record back that was deleted", async (one, two) => {
    for (let round = 0; round < 20; round++) {
      const version = (await one.create(key("a"), record("first"), at(0)))!;
      await Promise.all([
        one.save(key("a"), version, record("saved"), at(0)),
        two.delete(key("a")),
        one.touch(key("a"), version, at(2 * HOUR), at(0)),
        two.save(key("a"), version, record("saved, too"), at(0)),
      ]);
      await isGone(one, version);
    }
  });

  check("of forty parallel changes of two processes none is lost", async (one, two) => {
    await one.create(key("a"), record("[]"), at(0));
    const add = async (store: RecordStore, name: number): Promise<void> => {
      let current = await store.load(key("a"), at(0));
      for (;;) {
        const names = [...(JSON.parse(text(current)!) as number[]), name];
        const result = await store.save(key("a"), current!.version, record(JSON.stringify(names)), at(0));
        if (result.outcome === "saved") return;
        if (result.outcome === "gone") throw new Error("The record is gone.");
        current = result.current;
      }
    };
    const names = Array.from({ length: 40 }, (_, index) => index);
    await Promise.all(names.map((name) => add([one, two][name % 2]!, name)));
    const kept = JSON.parse(text(await two.load(key("a"), at(0)))!) as number[];
    expect(kept.toSorted((a, b) => a - b)).toEqual(names);
  });

  // What two write may be the same bytes, and is two changes all the same.
  if (sameBytes === "conflict") {
    check("of fifty that count one up at the same time none is lost", async (one, two) => {
      await one.create(key("a"), record("0"), at(0));
      const count = async (store: RecordStore): Promise<void> => {
        let current = await store.load(key("a"), at(0));
        for (;;) {
          const next = record(`${Number(text(current)) + 1}`);
          const result = await store.save(key("a"), current!.version, next, at(0));
          if (result.outcome === "saved") return;
          if (result.outcome === "gone") throw new Error("The record is gone.");
          current = result.current;
        }
      };
      await Promise.all(Array.from({ length: 50 }, (_, index) => count([one, two][index % 2]!)));
      expect(text(await two.load(key("a"), at(0)))).toBe("50");
    });
  }

  check("any bytes come back as they were", async (one, two) => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    const large = Uint8Array.from({ length: 65_000 }, (_, index) => (index * 7919) >> 3);
    for (const [name, data] of [
      all,
      all.toReversed(),
      all.subarray(0, 1),
      all.subarray(90, 99),
      large,
    ].entries()) {
      const { expires } = record("");
      const version = (await one.create(key(`${name}`), { data, expires }, at(0)))!;
      expect(await two.load(key(`${name}`), at(0))).toEqual({ data: new Uint8Array(data), version });
      const other = saved(await two.save(key(`${name}`), version, record("else"), at(0)));
      saved(await one.save(key(`${name}`), other, { data, expires }, at(0)));
      expect((await two.delete(key(`${name}`)))?.data).toEqual(new Uint8Array(data));
    }
  });

  check("whoever changes what was handed in or out changes nothing that is kept", async (one) => {
    const spoilt = record("kept");
    const creating = one.create(key("a"), spoilt, at(0));
    spoilt.data.fill(0x2a);
    spoilt.expires.setTime(0);
    const version = (await creating)!;
    const loaded = (await one.load(key("a"), at(0)))!;
    expect(text(loaded)).toBe("kept");
    loaded.data.fill(0x2a);
    const next = record("next");
    const saving = one.save(key("a"), loaded.version, next, at(0));
    next.data.fill(0x2a);
    const after = saved(await saving);
    const late = await one.save(key("a"), version, record("late"), at(0));
    expect(late).toMatchObject({ outcome: "conflict", current: record("next").data && { version: after } });
    if (late.outcome === "conflict") late.current.data.fill(0x2a);
    expect(text(await one.load(key("a"), at(0)))).toBe("next");
    saved(await one.save(key("a"), after, record("last"), at(0)));
  });

  check("IDs that are almost the same are others", async (one, two) => {
    const names = [
      "aBc".padEnd(43, "d"),
      "a".repeat(20),
      "d8d30ed6-5b3c-4a5e-8a39-2a6b0a3a3bcd",
      "_-".repeat(64),
    ];
    for (const id of names) {
      const own: SessionKey = { id, owner: undefined };
      const version = (await one.create(own, record("own"), at(0)))!;
      expect(version).toBeDefined();
      const others = [id.toUpperCase(), id.toLowerCase(), `${id}_`.slice(-128), id.replaceAll("_", "-")];
      for (const other of others.filter((name) => name !== id)) {
        const strange: SessionKey = { id: other, owner: undefined };
        expect(await two.load(strange, at(0))).toBeUndefined();
        expect(await two.save(strange, version, record("strange"), at(0))).toEqual({ outcome: "gone" });
        expect(await two.touch(strange, version, at(HOUR), at(0))).toBe(false);
        expect(await two.delete(strange)).toBeUndefined();
      }
      expect(text(await two.load(own, at(0)))).toBe("own");
    }
  });

  check("what is no session's ID is a TypeError that says nothing of it", async (store) => {
    const version = (await store.create(key("a"), record("kept"), at(0)))!;
    const calls: ((strange: SessionKey) => Promise<unknown>)[] = [
      (strange) => store.create(strange, record("strange"), at(0)),
      (strange) => store.load(strange, at(0)),
      (strange) => store.save(strange, version, record("strange"), at(0)),
      (strange) => store.touch(strange, version, at(HOUR), at(0)),
      (strange) => store.delete(strange),
    ];
    for (const id of NO_IDS) {
      for (const call of calls) {
        const error = await call({ id: id as string, owner: undefined }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(TypeError);
        if (typeof id === "string" && id.length > 1) expect((error as Error).message).not.toContain(id);
      }
    }
    expect(text(await store.load(key("a"), at(0)))).toBe("kept");
  });

  if (expiry === "told") toldSuite();
  else serverSuite();

  function toldSuite(): void {
    for (const [name, lifetime] of [
      ["1 second", 1000],
      ["31 days", 31 * 24 * HOUR],
      ["400 days and a bit", 400 * 24 * HOUR + 1],
    ] as const) {
      check(`a record of ${name} is live to its last millisecond`, async (one, two) => {
        const version = (await one.create(key("a"), record("kept", lifetime), at(0)))!;
        for (const store of [one, two]) {
          expect(text(await store.load(key("a"), at(lifetime - 1)))).toBe("kept");
          await isGone(store, version, at(lifetime + grain));
          await isGone(store, version, at(lifetime + 4000 * 24 * HOUR));
        }
        expect(await two.create(key("a"), record("again"), at(lifetime + grain))).toBeUndefined();
        // A process whose clock is fast takes nothing from one whose clock is right.
        saved(await two.save(key("a"), version, record("kept", lifetime), at(lifetime - 1)));
        expect(text(await one.delete(key("a")))).toBe("kept");
      });
    }

    check("save and touch move the end, forth and back", async (one, two) => {
      const first = (await one.create(key("a"), record("1", 5000), at(0)))!;
      const second = saved(await two.save(key("a"), first, record("2", HOUR), at(0)));
      expect(text(await one.load(key("a"), at(HOUR - 1)))).toBe("2");
      expect(await one.touch(key("a"), second, at(5000), at(0))).toBe(true);
      await isGone(two, second, at(5000 + grain));
      expect(await two.touch(key("a"), second, at(2 * HOUR), at(4999))).toBe(true);
      expect(text(await one.load(key("a"), at(2 * HOUR - 1)))).toBe("2");
    });

    check("delete gives what has expired, too", async (one, two) => {
      await one.create(key("a"), record("expired", 5000), at(0));
      expect(await two.load(key("a"), at(HOUR))).toBeUndefined();
      expect(text(await two.delete(key("a")))).toBe("expired");
      expect(await one.create(key("a"), record("new"), at(HOUR))).toBeDefined();
    });
  }

  function serverSuite(): void {
    check("a record ends by itself, within a second or two of its end", async (one, two) => {
      // Memcached's seconds may be up to one shorter.
      const expires = new Date(Date.now() + 2000);
      const version = (await one.create(key("a"), { data: Uint8Array.of(1), expires }, new Date()))!;
      const other = (await one.create(key("b"), { data: Uint8Array.of(1), expires }, new Date()))!;
      expect(await two.touch(key("b"), other, new Date(Date.now() + HOUR), new Date())).toBe(true);
      expect(await two.load(key("a"), new Date())).toBeDefined();
      await delay(3500);
      await isGone(two, version, new Date());
      expect(await one.load(key("b"), new Date())).toBeDefined();
      expect(await one.create(key("a"), record("new"), new Date())).toBeDefined();
    });
  }

  check("has deleteExpired where rows stay, and nowhere else", async (store) => {
    expect(store.deleteExpired !== undefined).toBe(deleteExpired);
  });

  if (!deleteExpired) return;

  check("deleteExpired removes up to its limit of what has expired, and nothing else", async (one, two) => {
    for (let index = 0; index < 25; index++)
      await one.create(key(`expired-${index}`), record("expired", 5000 + index), at(0));
    for (let index = 0; index < 5; index++) await one.create(key(`live-${index}`), record("live"), at(0));
    expect(await two.deleteExpired!(100, at(0))).toBe(0);
    for (const removed of [10, 10, 5, 0]) expect(await two.deleteExpired!(10, at(HOUR - 1))).toBe(removed);
    for (let index = 0; index < 25; index++)
      expect(await one.delete(key(`expired-${index}`))).toBeUndefined();
    for (let index = 0; index < 5; index++) expect(text(await one.delete(key(`live-${index}`)))).toBe("live");
  });

  check("several that call deleteExpired at once remove each record once", async (one, two) => {
    for (let index = 0; index < 60; index++)
      await one.create(key(`expired-${index}`), record("expired", 5000), at(0));
    await one.create(key("live"), record("live"), at(0));
    let removed = 0;
    const clean = async (store: RecordStore): Promise<void> => {
      for (let round = 0; round < 12; round++) {
        const count = await store.deleteExpired!(10, at(HOUR - 1));
        removed += count;
      }
    };
    await Promise.all([clean(one), clean(two), clean(one), clean(two)]);
    // Where one cleans at a time, the others may have given up before it had done all.
    await clean(one);
    expect(removed).toBe(60);
    expect(text(await two.load(key("live"), at(0)))).toBe("live");
  });

  check(
    "a save that comes together with deleteExpired is kept or gone, never half of it",
    async (one, two) => {
      for (let round = 0; round < 10; round++) {
        const own = key(`a-${round}`);
        const version = (await one.create(own, record("first", 5000), at(0)))!;
        const [result] = await Promise.all([
          one.save(own, version, record("saved"), at(4999)),
          two.deleteExpired!(100, at(5000 + grain)),
        ]);
        expect((await two.load(own, at(6000 + grain))) !== undefined).toBe(result.outcome === "saved");
      }
    },
  );
}

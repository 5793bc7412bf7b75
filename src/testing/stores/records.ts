import assert from "node:assert/strict";
import {
  assertGone,
  assertStored,
  at,
  type Check,
  conflicting,
  create,
  HOUR,
  key,
  lives,
  load,
  record,
  save,
  savedVersion,
  tag,
  text,
} from "./common.ts";

/** What each method does to one record, one call after the other. */
export function recordsSuite(check: Check, checkUnprepared: Check): void {
  checkUnprepared("setup may be called many times, and by several at once", async (one, two) => {
    await Promise.all([one.setup?.(), two.setup?.(), one.setup?.(), two.setup?.()]);
    await create(one, key("a"), record("kept"));
    await Promise.all([one.setup?.(), two.setup?.()]);
    assert.equal(await text(two, key("a")), "kept");
  });

  check(
    "load finds what create kept, in the same store and in another one on the same space",
    async (one, two) => {
      const kept = record("kept");
      const version = await create(one, key("a"), kept);
      for (const store of [one, two]) {
        const stored = await load(store, key("a"));
        assertStored(stored, kept, at(0));
        assert.deepEqual(stored.version, version);
      }
    },
  );

  check("load finds nothing under a key that nobody created", async (one) => {
    await create(one, key("a"), record("kept"));
    assert.equal(await one.load(key("b"), at(0)), undefined);
    assert.equal(await one.load(key("b", tag("owner")), at(0)), undefined);
  });

  check("create changes nothing where there is a record already", async (one, two) => {
    const kept = record("first");
    const version = await create(one, key("a"), kept);
    assert.equal(await one.create(key("a"), record("second", 2 * HOUR), at(5000)), undefined);
    assert.equal(await two.create(key("a"), record("third", 2 * HOUR), at(5000)), undefined);
    const stored = await load(one, key("a"));
    assertStored(stored, kept, at(0));
    assert.deepEqual(stored.version, version);
  });

  check("create changes nothing where there is a record that has expired", async (one) => {
    await create(one, key("a"), record("first", 1000));
    assert.equal(await one.create(key("a"), record("second", HOUR), at(2000)), undefined);
    assert.equal(await lives(one, key("a"), at(2000)), false);
    assert.equal(await text(one, key("a"), at(0)), "first");
  });

  check("create under the key of a deleted record brings nothing of it back", async (one, two) => {
    await create(one, key("a"), record("first"));
    await one.delete(key("a"));
    // Keys are new each time, so a store may refuse one that was used, or take it.
    const version = await two.create(key("a"), record("second"), at(0));
    assert.equal(await text(one, key("a")), version === undefined ? undefined : "second");
  });

  check("save puts a record in the place of the version that was loaded", async (one, two) => {
    const first = await create(one, key("a"), record("first"));
    const second = record("second, and longer than the first", 2 * HOUR);
    const version = await save(two, key("a"), first, second, at(61_000));
    assert.notDeepEqual(version, first);
    for (const store of [one, two]) {
      const stored = await load(store, key("a"));
      assertStored(stored, second, at(61_000));
      assert.deepEqual(stored.version, version);
    }
    await save(one, key("a"), version, record("third"));
    assert.equal(await text(two, key("a")), "third");
  });

  check(
    "save over an older version changes nothing, and brings the record that is there now",
    async (one, two) => {
      const first = await create(one, key("a"), record("first"));
      const second = record("second", 2 * HOUR);
      const version = await save(one, key("a"), first, second, at(61_000));
      for (const store of [one, two]) {
        const current = conflicting(await store.save(key("a"), first, record("late", 3 * HOUR), at(62_000)));
        assertStored(current, second, at(61_000));
        assert.deepEqual(current.version, version);
      }
      assertStored(await load(one, key("a")), second, at(61_000));
      const third = conflicting(await two.save(key("a"), first, record("late"), at(0)));
      await save(two, key("a"), third.version, record("third"));
      assert.equal(await text(one, key("a")), "third");
    },
  );

  check("each state of a record has a version that no other one has", async (one, two) => {
    const versions = [await create(one, key("a"), record("same"))];
    for (let round = 0; round < 10; round++) {
      const store = round % 2 === 0 ? one : two;
      const version = await save(store, key("a"), versions.at(-1)!, record("same"));
      for (const older of versions) assert.notDeepEqual(version, older);
      for (const older of versions) conflicting(await store.save(key("a"), older, record("late"), at(0)));
      versions.push(version);
    }
  });

  check(
    "a record that was deleted is gone, and no save, touch or replace makes it again",
    async (one, two) => {
      const first = await create(one, key("a"), record("first"));
      const version = await save(one, key("a"), first, record("second"));
      await two.delete(key("a"));
      for (const store of [one, two]) {
        await assertGone(store, key("a"), version);
        await assertGone(store, key("a"), first);
      }
    },
  );

  check("save, touch and replace make no record under a key that nobody created", async (one) => {
    const version = await create(one, key("a"), record("another"));
    await assertGone(one, key("b"), version);
    await assertGone(one, key("c", tag("owner")), version);
  });

  check("delete gives what the record was, and nothing the second time", async (one, two) => {
    const kept = record("kept");
    const version = await create(one, key("a"), kept, at(3000));
    const stored = await two.delete(key("a"));
    assertStored(stored, kept, at(3000));
    assert.deepEqual(stored?.version, version);
    assert.equal(await one.delete(key("a")), undefined);
    assert.equal(await two.delete(key("a")), undefined);
    assert.equal(await one.delete(key("b")), undefined);
  });

  check("delete leaves every other record alone", async (one, two) => {
    const owner = tag("owner");
    await create(one, key("a", owner), record("a"));
    await create(one, key("b", owner), record("b"));
    await create(one, key("c"), record("c"));
    await one.delete(key("a", owner));
    assert.equal(await text(two, key("b", owner)), "b");
    assert.equal(await text(two, key("c")), "c");
  });

  check(
    "touch moves the expiry and what was seen, and leaves version and data as they are",
    async (one, two) => {
      const version = await create(one, key("a"), record("kept", HOUR));
      for (const [expires, now] of [
        [3 * HOUR, 61_000],
        [2 * HOUR, 122_000],
      ] as const) {
        assert.equal(await two.touch(key("a"), version, at(expires), at(now)), true);
        const stored = await load(one, key("a"));
        assertStored(stored, record("kept", expires), at(now));
        assert.deepEqual(stored.version, version);
      }
      await save(one, key("a"), version, record("second"));
    },
  );

  check("touch refuses another version, and changes nothing", async (one, two) => {
    const first = await create(one, key("a"), record("first"));
    const second = record("second", 2 * HOUR);
    await save(one, key("a"), first, second, at(61_000));
    for (const store of [one, two]) {
      assert.equal(await store.touch(key("a"), first, at(9 * HOUR), at(122_000)), false);
    }
    assertStored(await load(one, key("a")), second, at(61_000));
  });

  for (const [who, before, after] of [
    ["a visitor", undefined, undefined],
    ["a visitor who logs in", undefined, tag("owner")],
    ["a user", tag("owner"), tag("owner")],
    ["a user who becomes another one", tag("owner"), tag("other")],
  ] as const) {
    check(`replace keeps the retired and the next record of ${who}`, async (one, two) => {
      const first = await create(one, key("a", before), record("first"));
      const retired = record("retired", 10_000);
      const next = record("next", 2 * HOUR);
      const result = await two.replace(key("a", before), first, retired, key("b", after), next, at(5000));
      const stored = await load(one, key("b", after));
      assertStored(stored, next, at(5000));
      assert.deepEqual(stored.version, savedVersion(result));
      const old = await load(one, key("a", before));
      assertStored(old, retired, at(5000));
      assert.notDeepEqual(old.version, first);
      await save(one, key("b", after), stored.version, record("more"));
      await save(two, key("a", before), old.version, record("more"));
    });
  }

  check("replace over an older version changes nothing, and leaves no next record", async (one, two) => {
    const first = await create(one, key("a"), record("first"));
    const second = record("second", 2 * HOUR);
    const version = await save(one, key("a"), first, second, at(61_000));
    for (const [store, next] of [
      [one, key("b", tag("owner"))],
      [two, key("c")],
    ] as const) {
      const result = await store.replace(
        key("a"),
        first,
        record("retired"),
        next,
        record("next"),
        at(62_000),
      );
      const current = conflicting(result);
      assertStored(current, second, at(61_000));
      assert.deepEqual(current.version, version);
      assert.equal(await store.load(next, at(0)), undefined);
      assert.equal(await store.delete(next), undefined);
    }
    assertStored(await load(two, key("a")), second, at(61_000));
  });

  check("keys that differ only in case are different keys, whatever they begin with", async (one, two) => {
    const names = [
      "Abc",
      "aBC",
      "abc",
      "ABC",
      "-abc",
      "_abc",
      "-ABC",
      "_ABC",
      "--",
      "__",
      "0",
      "00x1",
      "1e5",
    ];
    const versions = new Map<string, Awaited<ReturnType<typeof create>>>();
    for (const name of names) versions.set(name, await create(one, key(name), record(name)));
    for (const name of names) assert.equal(await text(two, key(name)), name);
    await one.delete(key("Abc"));
    await save(one, key("aBC"), versions.get("aBC")!, record("changed"));
    assert.equal(await lives(two, key("Abc")), false);
    assert.equal(await text(two, key("aBC")), "changed");
    assert.equal(await text(two, key("abc")), "abc");
    assert.equal(await text(two, key("ABC")), "ABC");
  });
}

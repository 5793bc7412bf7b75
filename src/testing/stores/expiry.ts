import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  assertGone,
  assertStored,
  at,
  type Check,
  create,
  DAY,
  HOUR,
  key,
  lives,
  load,
  record,
  save,
  savedVersion,
  tag,
} from "./common.ts";

/** A record is live until the instant of its expiry, by the time that the store is told. */
export function expirySuite(check: Check): void {
  for (const [name, lifetime] of [
    ["1 second", 1000],
    ["30 minutes", HOUR / 2],
    ["31 days", 31 * DAY],
    ["400 days", 400 * DAY],
  ] as const) {
    check(`a record of ${name} is live to its last millisecond`, async (one, two) => {
      const kept = record("kept", lifetime);
      const version = await create(one, key("a"), kept);
      for (const store of [one, two]) {
        assertStored(await load(store, key("a"), at(lifetime - 1)), kept, at(0));
        assert.equal(await lives(store, key("a"), at(lifetime)), false);
      }
      await assertGone(two, key("a"), version, at(lifetime));
      await assertGone(one, key("a"), version, at(lifetime + 1));
      await assertGone(one, key("a"), version, at(lifetime + 4000 * DAY));
      // A process whose clock is fast must not take the record from one whose clock is right.
      assertStored(await load(two, key("a"), at(lifetime - 1)), kept, at(0));
      await save(two, key("a"), version, kept, at(lifetime - 1));
    });
  }

  check("the clock that counts is the one that the store is told, in 2001 as in 2101", async (one, two) => {
    for (const year of [2001, 2101]) {
      const now = new Date(Date.UTC(year, 0, 1));
      const kept = { data: new Uint8Array([1, 2, 3]), expires: new Date(now.getTime() + 1000) };
      const recordKey = key(`in-${year}`);
      const version = await create(one, recordKey, kept, now);
      assertStored(await load(two, recordKey, new Date(now.getTime() + 999)), kept, now);
      assert.equal(await one.touch(recordKey, version, kept.expires, now), true);
      const saved = await save(two, recordKey, version, kept, now);
      assert.equal(await lives(one, recordKey, now), true);
      await assertGone(one, recordKey, saved, kept.expires);
    }
  });

  check("a clock that goes back finds the record again", async (one) => {
    const version = await create(one, key("a"), record("kept", HOUR), at(0));
    assert.equal(await lives(one, key("a"), at(-400 * DAY)), true);
    const saved = await save(one, key("a"), version, record("more", HOUR), at(-DAY));
    assertStored(await load(one, key("a"), at(0)), record("more", HOUR), at(-DAY));
    assert.equal(await one.touch(key("a"), saved, at(2 * HOUR), at(-2 * DAY)), true);
    assertStored(await load(one, key("a"), at(0)), record("more", 2 * HOUR), at(-2 * DAY));
  });

  check("save, touch and replace move the expiry, forth and back", async (one, two) => {
    const first = await create(one, key("a"), record("kept", 1000));
    const second = await save(one, key("a"), first, record("kept", 400 * DAY));
    assert.equal(await lives(two, key("a"), at(400 * DAY - 1)), true);
    assert.equal(await two.touch(key("a"), second, at(2000), at(0)), true);
    assert.equal(await lives(one, key("a"), at(1999)), true);
    assert.equal(await lives(one, key("a"), at(2000)), false);
    const third = await save(two, key("a"), second, record("kept", HOUR), at(1999));
    const result = await one.replace(
      key("a"),
      third,
      record("kept", 3000),
      key("b"),
      record("b", 5000),
      at(2000),
    );
    await assertGone(two, key("b"), savedVersion(result), at(5000));
    assert.equal(await lives(two, key("b"), at(4999)), true);
    assert.equal(await lives(two, key("a"), at(2999)), true);
    assert.equal(await lives(two, key("a"), at(3000)), false);
  });

  check("delete gives what an expired record was", async (one, two) => {
    const kept = record("kept", 1000);
    await create(one, key("a"), kept);
    assert.equal(await lives(one, key("a"), at(HOUR)), false);
    assertStored(await two.delete(key("a")), kept, at(0));
    assert.equal(await lives(one, key("a"), at(0)), false);
  });

  check("the backend's own expiry is never early", async (one, two) => {
    const owner = tag("owner");
    const created = await create(one, key("a"), record("a", 1000));
    const saved = await save(
      one,
      key("b"),
      await create(one, key("b"), record("b", 1000)),
      record("b", HOUR),
    );
    const touched = await create(one, key("c", owner), record("c", 1000));
    assert.equal(await one.touch(key("c", owner), touched, at(HOUR), at(0)), true);
    await one.replace(
      key("d"),
      await create(one, key("d"), record("d", 1000)),
      record("retired", 1000),
      key("e", owner),
      record("e", 1000),
      at(0),
    );
    await sleep(1500);
    for (const recordKey of [key("a"), key("d"), key("e", owner)]) {
      assert.equal(await lives(two, recordKey, at(999)), true, "a clock may stand still, or go slower");
    }
    await save(two, key("a"), created, record("a", 2000), at(999));
    await save(two, key("b"), saved, record("b", 2 * HOUR), at(HOUR - 1));
    assert.equal(await lives(two, key("c", owner), at(HOUR - 1)), true);
  });
}

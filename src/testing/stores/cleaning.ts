import assert from "node:assert/strict";
import type { SessionStore } from "../../session/store.ts";
import type { StoreCapabilities } from "./capabilities.ts";
import { assertGone, at, type Check, create, DAY, HOUR, key, lives, record, save, tag } from "./common.ts";

/** What ends many records at once, whoever owns them. */
export function cleaningSuite(check: Check, capabilities: StoreCapabilities): void {
  if (capabilities.deleteExpired === true) deleteExpiredSuite(check);
  if (capabilities.deleteAll === true) deleteAllSuite(check);
}

function deleteExpiredSuite(check: Check): void {
  const fill = async (store: SessionStore, expired: number, live: number): Promise<void> => {
    const owner = (index: number) => (index % 2 === 0 ? undefined : tag(`owner-${index % 4}`));
    for (let index = 0; index < expired; index++) {
      await create(store, key(`expired-${index}`, owner(index)), record("expired", 1000 + index));
    }
    for (let index = 0; index < live; index++) {
      await create(store, key(`live-${index}`, owner(index)), record("live", HOUR + index));
    }
  };

  check("deleteExpired removes up to its limit of what has expired, and nothing else", async (one, two) => {
    await fill(one, 25, 5);
    assert.equal(await two.deleteExpired!(10, at(HOUR - 1)), 10);
    assert.equal(await one.deleteExpired!(10, at(HOUR - 1)), 10);
    assert.equal(await two.deleteExpired!(10, at(HOUR - 1)), 5);
    assert.equal(await one.deleteExpired!(10, at(HOUR - 1)), 0);
    for (let index = 0; index < 25; index++) {
      assert.equal(
        await one.delete(key(`expired-${index}`, index % 2 === 0 ? undefined : tag(`owner-${index % 4}`))),
        undefined,
      );
    }
    for (let index = 0; index < 5; index++) {
      assert.equal(
        await lives(two, key(`live-${index}`, index % 2 === 0 ? undefined : tag(`owner-${index % 4}`))),
        true,
      );
    }
  });

  check(
    "deleteExpired goes by the expiry to the millisecond, and by the last one that was set",
    async (one) => {
      await create(one, key("now"), record("gone", 5000));
      await create(one, key("soon"), record("live", 5001));
      await save(one, key("saved"), await create(one, key("saved"), record("", 1000)), record("live", HOUR));
      const touched = await create(one, key("touched"), record("live", 1000));
      await one.touch(key("touched"), touched, at(400 * DAY), at(0));
      const shortened = await create(one, key("shortened"), record("gone", HOUR));
      await one.touch(key("shortened"), shortened, at(5000), at(0));
      assert.equal(await one.deleteExpired!(100, at(5000)), 2);
      for (const name of ["soon", "saved", "touched"]) assert.equal(await lives(one, key(name)), true);
      for (const name of ["now", "shortened"]) assert.equal(await lives(one, key(name)), false);
      assert.equal(await one.deleteExpired!(100, at(5000)), 0);
    },
  );

  check("a record that deleteExpired removed is gone by an earlier clock too", async (one, two) => {
    const version = await create(one, key("a"), record("first", 1000));
    await one.deleteExpired!(10, at(1000));
    await assertGone(two, key("a"), version, at(0));
  });

  check("several that call deleteExpired at once remove each record once", async (one, two) => {
    await fill(one, 120, 10);
    const clean = async (store: SessionStore): Promise<number> => {
      let removed = 0;
      for (let round = 0; round < 20; round++) removed += await store.deleteExpired!(20, at(HOUR - 1));
      return removed;
    };
    const removed = await Promise.all([clean(one), clean(two), clean(one), clean(two)]);
    assert.equal(
      removed.reduce((sum, count) => sum + count, 0),
      120,
    );
    assert.equal(await one.deleteExpired!(1000, at(400 * DAY)), 10);
  });

  check(
    "a save that comes together with deleteExpired is kept or gone, never half of it",
    async (one, two) => {
      for (let round = 0; round < 10; round++) {
        const version = await create(one, key(`a-${round}`), record("first", 1000));
        const [saved] = await Promise.all([
          one.save(key(`a-${round}`), version, record("saved", HOUR), at(999)),
          two.deleteExpired!(100, at(1000)),
        ]);
        assert.equal(await lives(two, key(`a-${round}`), at(2000)), saved.outcome === "saved");
      }
    },
  );
}

function deleteAllSuite(check: Check): void {
  check("deleteAll ends every record for good, whoever owns it", async (one, two) => {
    const keys = [key("a"), key("b", tag("owner")), key("c", tag("other")), key("d")];
    const versions = [];
    for (const recordKey of keys) versions.push(await create(one, recordKey, record("first"), at(5000)));
    assert.equal(typeof (await two.deleteAll!(at(0))), "number");
    for (const [index, recordKey] of keys.entries()) {
      await assertGone(one, recordKey, versions[index]!);
      await assertGone(two, recordKey, versions[index]!, at(5000));
    }
  });

  check(
    "records that are created after deleteAll has answered live, also by the same or an earlier clock",
    async (one, two) => {
      await create(one, key("before"), record("first"));
      await one.deleteAll!(at(0));
      await create(two, key("after"), record("second"), at(0));
      await create(one, key("owned", tag("owner")), record("third"), at(-5000));
      for (const store of [one, two]) {
        assert.equal(await lives(store, key("before")), false);
        assert.equal(await lives(store, key("after")), true);
        assert.equal(await lives(store, key("owned", tag("owner"))), true);
      }
      await two.deleteAll!(at(0));
      assert.equal(await lives(one, key("after")), false);
    },
  );

  check("deleteAll touches no other space's records and needs none of its own", async (one) => {
    await one.deleteAll!(at(0));
    await one.deleteAll!(at(0));
    await create(one, key("a"), record("first"));
    assert.equal(await lives(one, key("a")), true);
  });
}

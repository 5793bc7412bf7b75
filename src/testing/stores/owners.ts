import assert from "node:assert/strict";
import type { SessionKey, SessionStore } from "../../session/store.ts";
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
  record,
  save,
  tag,
} from "./common.ts";

const ada = tag("ada");
const bob = tag("bob");

/** What a user's records have in common. */
export function ownersSuite(check: Check): void {
  check("listOwned gives an owner's live records as they are, and nobody else's", async (one, two) => {
    const kept = record("a1", HOUR);
    const created = await create(one, key("a1", ada), kept, at(2000));
    await create(one, key("a2", ada), record("a2", 2 * HOUR));
    await create(one, key("short", ada), record("expired", 1000));
    await create(one, key("b1", bob), record("b1"));
    await create(one, key("visitor"), record("visitor"));
    await create(two, key("ended", ada), record("ended"));
    await one.delete(key("ended", ada));

    const listed = await two.listOwned!(ada, at(1000));
    assert.deepEqual(ids(listed), ids([{ key: key("a1") }, { key: key("a2") }]));
    const first = listed.find((owned) => owned.key.id === key("a1").id)!;
    assert.deepEqual(first.key, key("a1", ada));
    assertStored(first, kept, at(2000));
    assert.deepEqual(first.version, created);
    await save(two, first.key, first.version, record("more"));
    assert.deepEqual(
      ids(await one.listOwned!(ada, at(0))),
      ids([{ key: key("a1") }, { key: key("a2") }, { key: key("short") }]),
    );
    assert.deepEqual(await one.listOwned!(tag("nobody"), at(0)), []);
  });

  check("listOwned follows save, touch and replace", async (one, two) => {
    const first = await create(one, key("a1", ada), record("first", 1000));
    const second = await save(one, key("a1", ada), first, record("second", HOUR));
    await one.touch(key("a1", ada), second, at(2 * HOUR), at(61_000));
    const [listed] = await two.listOwned!(ada, at(HOUR));
    assertStored(listed, record("second", 2 * HOUR), at(61_000));
    await two.replace(
      key("a1", ada),
      second,
      record("retired", 10_000),
      key("b1", bob),
      record("next"),
      at(0),
    );
    assert.deepEqual(ids(await one.listOwned!(bob, at(0))), [key("b1").id]);
    assert.deepEqual(ids(await one.listOwned!(ada, at(0))), [key("a1").id]);
    assert.deepEqual(await one.listOwned!(ada, at(10_000)), []);
    const visitor = await create(one, key("v"), record("visitor"));
    await one.replace(key("v"), visitor, record("retired", 10_000), key("a2", ada), record("next"), at(0));
    assert.deepEqual(ids(await two.listOwned!(ada, at(10_000))), [key("a2").id]);
  });

  check("listOwned is complete after 50 parallel creates", async (one, two) => {
    const keys = Array.from({ length: 50 }, (_, index) => key(`a-${index}`, ada));
    await Promise.all(
      keys.map((recordKey, index) => create(index % 2 === 0 ? one : two, recordKey, record("x"))),
    );
    assert.deepEqual(
      ids(await one.listOwned!(ada, at(0))),
      ids(keys.map((recordKey) => ({ key: recordKey }))),
    );
  });

  check("deleteOwned ends an owner's records for good, for every method", async (one, two) => {
    const created = await create(one, key("a1", ada), record("first"));
    const saved = await save(one, key("a1", ada), created, record("second", 400 * DAY));
    const second = await create(two, key("a2", ada), record("first"));
    assert.equal(typeof (await one.deleteOwned!(ada, [], at(0))), "number");
    for (const store of [one, two]) {
      await assertGone(store, key("a1", ada), created);
      await assertGone(store, key("a1", ada), saved);
      await assertGone(store, key("a2", ada), second);
      assert.deepEqual(await store.listOwned!(ada, at(0)), []);
    }
    assert.equal(await lives(two, key("a1", ada), at(-DAY)), false);
    assert.equal(await lives(two, key("a1", ada), at(DAY)), false);
  });

  check("deleteOwned leaves the records of visitors and of other owners alone", async (one, two) => {
    const [upper, lower] = ["AdA".padEnd(22, "x"), "aDa".padEnd(22, "x")];
    await create(one, key("a", upper), record("a"));
    await create(one, key("b", lower), record("b"));
    await create(one, key("v"), record("v"));
    await one.deleteOwned!(upper, [], at(0));
    assert.equal(await lives(two, key("a", upper)), false);
    assert.equal(await lives(two, key("b", lower)), true);
    assert.equal(await lives(two, key("v")), true);
    assert.deepEqual(ids(await two.listOwned!(lower, at(0))), [key("b").id]);
    assert.deepEqual(await two.listOwned!(upper, at(0)), []);
  });

  check("deleteOwned spares the records that it is told to, time after time", async (one, two) => {
    const spared = await create(one, key("a1", ada), record("spared"));
    const second = await create(one, key("a2", ada), record("spared once"));
    const third = await create(one, key("a3", ada), record("ended"));
    await two.deleteOwned!(ada, [key("a1").id, key("a2").id, key("unknown").id], at(0));
    await assertGone(one, key("a3", ada), third);
    assert.equal(await lives(one, key("a2", ada)), true);
    await one.deleteOwned!(ada, [key("a1").id, key("a3").id], at(0));
    await assertGone(two, key("a2", ada), second);
    await assertGone(two, key("a3", ada), third);
    assert.deepEqual(ids(await one.listOwned!(ada, at(0))), [key("a1").id]);
    await save(two, key("a1", ada), spared, record("saved"));
    assert.equal(await lives(one, key("a1", ada)), true);
    await one.deleteOwned!(ada, [], at(0));
    assert.equal(await lives(two, key("a1", ada)), false);
  });

  check(
    "what is created after deleteOwned has answered lives, also by the same or an earlier clock",
    async (one, two) => {
      await create(one, key("before", ada), record("first", DAY), at(HOUR));
      await one.deleteOwned!(ada, [], at(0));
      await create(two, key("same", ada), record("second"), at(0));
      await create(one, key("earlier", ada), record("third"), at(-5000));
      const visitor = await create(two, key("v"), record("visitor"));
      await one.replace(key("v"), visitor, record("retired"), key("login", ada), record("next"), at(0));
      for (const store of [one, two]) {
        assert.equal(await lives(store, key("before", ada), at(HOUR)), false);
        for (const name of ["same", "earlier", "login"])
          assert.equal(await lives(store, key(name, ada)), true);
      }
      assert.equal((await one.listOwned!(ada, at(0))).length, 3);
    },
  );

  check("a record that deleteOwned ended is no way to a new one", async (one, two) => {
    const version = await create(one, key("a", ada), record("first"));
    await two.deleteOwned!(ada, [], at(0));
    const result = await one.replace(
      key("a", ada),
      version,
      record("retired"),
      key("b", bob),
      record("next"),
      at(0),
    );
    assert.deepEqual(result, { outcome: "gone" });
    assert.equal(await lives(two, key("b", bob)), false);
    assert.deepEqual(await two.listOwned!(bob, at(0)), []);
  });

  check(
    "of 50 parallel creates with a deleteOwned in the middle nothing older lives and nothing younger is dead",
    async (one, two) => {
      for (let round = 0; round < 3; round++) {
        const owner = tag(`ada-${round}`);
        let called = false;
        let answered = false;
        const before: SessionKey[] = [];
        const after: SessionKey[] = [];
        const all: SessionKey[] = [];
        const login = async (store: SessionStore, index: number): Promise<void> => {
          const recordKey = key(`r-${round}-${index}`, owner);
          all.push(recordKey);
          const late = answered;
          await create(store, recordKey, record("x"));
          if (!called) before.push(recordKey);
          if (late) after.push(recordKey);
        };
        const visit = async (worker: number): Promise<void> => {
          const store = worker % 2 === 0 ? one : two;
          for (let index = 0; index < 5; index++) await login(store, worker * 5 + index);
        };
        const revoke = async (): Promise<void> => {
          while (before.length < 20) await new Promise(setImmediate);
          called = true;
          await two.deleteOwned!(owner, [], at(0));
          answered = true;
        };
        await Promise.all([revoke(), ...Array.from({ length: 10 }, (_, index) => visit(index))]);
        await login(one, 1000);

        const live: SessionKey[] = [];
        for (const recordKey of all) if (await lives(one, recordKey)) live.push(recordKey);
        assert.deepEqual(
          before.filter((recordKey) => live.includes(recordKey)),
          [],
        );
        assert.deepEqual(
          after.filter((recordKey) => !live.includes(recordKey)),
          [],
        );
        assert.deepEqual(
          ids(await two.listOwned!(owner, at(0))),
          ids(live.map((recordKey) => ({ key: recordKey }))),
        );
      }
    },
  );

  check("of saves and touches against a deleteOwned nothing lives on", async (one, two) => {
    for (let round = 0; round < 10; round++) {
      const owner = tag(`ada-${round}`);
      const [a, b] = [key(`a-${round}`, owner), key(`b-${round}`, owner)];
      const version = await create(one, a, record("first"));
      const touched = await create(two, b, record("first"));
      const [saved] = await Promise.all([
        one.save(a, version, record("saved"), at(0)),
        two.deleteOwned!(owner, [], at(0)),
        one.touch(b, touched, at(2 * HOUR), at(0)),
      ]);
      await assertGone(one, a, version);
      if (saved.outcome === "saved") await assertGone(two, a, saved.version);
      await assertGone(two, b, touched);
      assert.deepEqual(await one.listOwned!(owner, at(0)), []);
    }
  });
}

function ids(owned: readonly { readonly key: SessionKey }[]): string[] {
  return owned.map(({ key: { id } }) => id).toSorted();
}

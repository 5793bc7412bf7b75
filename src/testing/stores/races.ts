import assert from "node:assert/strict";
import type { SaveResult } from "../../session/store.ts";
import {
  assertGone,
  at,
  type Check,
  conflicting,
  create,
  key,
  lives,
  load,
  record,
  save,
  tag,
  text,
} from "./common.ts";

/** How many callers race. */
const CALLERS = 50;

/** Each method is atomic, against every other one and against other processes. */
export function racesSuite(check: Check): void {
  check(`of ${CALLERS} parallel creates under one key exactly one keeps its record`, async (one, two) => {
    const versions = await race((caller) =>
      (caller % 2 === 0 ? one : two).create(key("a"), record(String(caller)), at(0)),
    );
    const winners = versions.flatMap((version, caller) =>
      version === undefined ? [] : [{ version, caller }],
    );
    assert.equal(winners.length, 1);
    assert.equal(await text(one, key("a")), String(winners[0]!.caller));
    assert.deepEqual((await load(two, key("a"))).version, winners[0]!.version);
  });

  check(
    `of ${CALLERS} parallel saves of one version exactly one succeeds, and the others see a newer record`,
    async (one, two) => {
      const first = await create(one, key("a"), record("first"));
      const results = await race((caller) =>
        (caller % 2 === 0 ? one : two).save(key("a"), first, record(String(caller)), at(0)),
      );
      const winner = theWinner(results);
      assert.equal(await text(one, key("a")), String(winner));
      const { version } = await load(two, key("a"));
      for (const [caller, result] of results.entries()) {
        if (caller === winner) continue;
        const current = conflicting(result);
        assert.equal(new TextDecoder().decode(current.data), String(winner));
        assert.deepEqual(current.version, version);
      }
    },
  );

  check(
    `of ${CALLERS} parallel replaces of one version exactly one succeeds, and the others leave nothing`,
    async (one, two) => {
      const first = await create(one, key("a"), record("first"));
      const next = (caller: number) =>
        key(`next-${caller}`, caller % 3 === 0 ? undefined : tag(`owner-${caller}`));
      const results = await race((caller) =>
        (caller % 2 === 0 ? one : two).replace(
          key("a"),
          first,
          record(`retired by ${caller}`),
          next(caller),
          record(String(caller)),
          at(0),
        ),
      );
      const winner = theWinner(results);
      assert.equal(await text(one, key("a")), `retired by ${winner}`);
      for (let caller = 0; caller < CALLERS; caller++) {
        assert.equal(await text(two, next(caller)), caller === winner ? String(winner) : undefined);
      }
    },
  );

  check(`${CALLERS} callers that save until they succeed lose no update`, async (one, two) => {
    await create(one, key("a"), record(""));
    await race(async (caller) => {
      const store = caller % 2 === 0 ? one : two;
      let { version, data } = await load(store, key("a"));
      for (;;) {
        const result = await store.save(
          key("a"),
          version,
          record(`${new TextDecoder().decode(data)} ${caller}`),
          at(0),
        );
        if (result.outcome === "saved") return;
        ({ version, data } = conflicting(result));
      }
    });
    const callers = (await text(one, key("a")))!.trim().split(" ").map(Number);
    assert.deepEqual(
      callers.toSorted((a, b) => a - b),
      Array.from({ length: CALLERS }, (_, caller) => caller),
    );
  });

  check("a touch among saves neither undoes nor hides one", async (one, two) => {
    const versions = [await create(one, key("a"), record("0"))];
    for (let round = 1; round <= 20; round++) {
      const version = versions.at(-1)!;
      const [saved] = await Promise.all([
        save(one, key("a"), version, record(String(round))),
        two.touch(key("a"), version, record("").expires, at(0)),
      ]);
      assert.equal(await text(two, key("a")), String(round));
      versions.push(saved);
    }
  });

  check("of a delete against saves, touches and replaces nothing comes back", async (one, two) => {
    for (let round = 0; round < 10; round++) {
      const recordKey = key(`a-${round}`, round % 2 === 0 ? undefined : tag("owner"));
      const version = await create(one, recordKey, record("first"));
      const next = key(`next-${round}`);
      const [saved, , replaced, deleted] = await Promise.all([
        one.save(recordKey, version, record("saved"), at(0)),
        two.touch(recordKey, version, record("").expires, at(0)),
        two.replace(recordKey, version, record("retired"), next, record("next"), at(0)),
        (round % 3 === 0 ? one : two).delete(recordKey),
        one.save(recordKey, version, record("saved too"), at(0)),
      ]);
      assert.ok(deleted !== undefined);
      await assertGone(one, recordKey, version);
      await assertGone(two, recordKey, deleted.version);
      if (saved.outcome === "saved") await assertGone(two, recordKey, saved.version);
      assert.equal(await lives(one, next), replaced.outcome === "saved");
    }
  });

  check(`of ${CALLERS} parallel deletes exactly one gets the record`, async (one, two) => {
    await create(one, key("a"), record("first"));
    const answers = await race((caller) => (caller % 2 === 0 ? one : two).delete(key("a")));
    assert.equal(answers.filter((stored) => stored !== undefined).length, 1);
  });
}

function race<T>(run: (caller: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: CALLERS }, (_, caller) => run(caller)));
}

function theWinner(results: readonly SaveResult[]): number {
  const winners = results.flatMap((result, caller) => (result.outcome === "saved" ? [caller] : []));
  assert.equal(winners.length, 1, "exactly one must succeed");
  return winners[0]!;
}

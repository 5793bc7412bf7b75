import assert from "node:assert/strict";
import type { OwnedRecord, SessionKey, SessionStore } from "../../session/store.ts";
import { assertStored, at, type Check, create, HOUR, key, lives, record, save, tag } from "./common.ts";

const PAGE = 10;

/** All records, page by page: each page is asked of the next of the stores, as processes do that serve one reader. */
export function listSuite(check: Check): void {
  check("list gives all live records as they are, whoever owns them", async (one, two) => {
    assert.deepEqual(await all([one]), []);
    const kept = record("a1", HOUR);
    const version = await create(one, key("a1", tag("ada")), kept, at(2000));
    await create(one, key("visitor"), record("visitor"));
    await create(two, key("b1", tag("bob")), record("b1"));
    await create(two, key("short", tag("bob")), record("expired", 1000));
    await create(one, key("short-visitor"), record("expired", 1000));
    await create(one, key("ended"), record("ended"));
    await two.delete(key("ended"));

    const listed = await all([two], { now: at(1000) });
    assert.deepEqual(names(listed), [key("a1").id, key("b1").id, key("visitor").id].toSorted());
    const first = listed.find((found) => found.key.id === key("a1").id)!;
    assert.deepEqual(first.key, key("a1", tag("ada")));
    assertStored(first, kept, at(2000));
    assert.deepEqual(first.version, version);
    await save(two, first.key, first.version, record("more"));
    assert.equal(await two.delete(first.key).then((found) => found !== undefined), true);
    const visitor = (await all([one])).find((found) => found.key.id === key("visitor").id)!;
    assert.deepEqual(visitor.key, key("visitor"));
    assert.deepEqual(
      names(await all([one])),
      ["b1", "short", "short-visitor", "visitor"].map(idOf).toSorted(),
    );
  });

  check("list comes in pages, which any process can go on with", async (one, two) => {
    const keys = Array.from({ length: 120 }, (_, index) => keyOf(index));
    await Promise.all(keys.map((recordKey, index) => create(index % 2 ? one : two, recordKey, record("x"))));
    const pages: number[] = [];
    const listed = await all([one, two], { onPage: async ({ length }) => void pages.push(length) });
    assert.deepEqual(names(listed), names(keys.map((recordKey) => ({ key: recordKey }))));
    // A backend may hand out some more than it was asked for, and never all at once.
    assert.ok(Math.max(...pages) <= 4 * PAGE, `a page had ${Math.max(...pages)} records instead of ${PAGE}`);
    assert.ok(pages.length > 3, "the list must come in pages");
  });

  check(
    "what is there throughout is listed, whatever comes, goes and changes meanwhile",
    async (one, two) => {
      const stay = Array.from({ length: 60 }, (_, index) => key(`stay-${index}`, ownerOf(index)));
      const go = Array.from({ length: 60 }, (_, index) => key(`go-${index}`, ownerOf(index)));
      const versions = await Promise.all(stay.map((recordKey) => create(one, recordKey, record("x"))));
      await Promise.all(go.map((recordKey) => create(two, recordKey, record("x"))));
      let page = 0;
      const change = async (): Promise<void> => {
        for (const index of [page * 3, page * 3 + 1, page * 3 + 2].filter((number) => number < 60)) {
          await two.delete(go[index]!);
          await save(two, stay[59 - index]!, versions[59 - index]!, record("changed"));
          await one.load(stay[index]!, at(0));
        }
        page += 1;
      };
      const listed = new Set(names(await all([one, two], { onPage: change })));
      assert.deepEqual(
        stay.filter(({ id }) => !listed.has(id)),
        [],
      );
      for (const recordKey of stay) assert.equal(await lives(one, recordKey), true);
    },
  );

  check("list takes whatever text for a place", async (one) => {
    await create(one, key("a"), record("x"));
    await create(one, key("b", tag("ada")), record("x"));
    const texts = ["", "0", "-1", "9".repeat(40), "NaN", "a\0b", "\u{1F36A}", "%", "'", "__proto__", ".."];
    for (const after of [...texts, key("a").id, tag("ada"), `${"x".repeat(12)}.7.5`, "x".repeat(5000)]) {
      const { records } = await one.list!(after, PAGE, at(0));
      assert.ok(records.length <= 2, "no record that is not there");
    }
    assert.equal(names(await all([one])).length, 2);
  });
}

interface Listing {
  readonly now?: Date;
  readonly onPage?: (records: readonly OwnedRecord[]) => Promise<void>;
}

async function all(
  stores: readonly SessionStore[],
  { now = at(0), onPage }: Listing = {},
): Promise<OwnedRecord[]> {
  const records: OwnedRecord[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 1000; pages++) {
    const page = await stores[pages % stores.length]!.list!(after, PAGE, now);
    records.push(...page.records);
    await onPage?.(page.records);
    after = page.next;
    if (after === undefined) return records;
  }
  return assert.fail("the list must come to an end");
}

/** Each id once: a record may be on several pages. */
function names(listed: readonly { readonly key: SessionKey }[]): string[] {
  return [...new Set(listed.map(({ key: { id } }) => id))].toSorted();
}

function idOf(name: string): string {
  return key(name).id;
}

function keyOf(index: number): SessionKey {
  return key(`r-${index}`, ownerOf(index));
}

/** Every third record is a visitor's, and nine owners have the others. */
function ownerOf(index: number): string | undefined {
  return index % 3 === 0 ? undefined : tag(`owner-${index % 9}`);
}

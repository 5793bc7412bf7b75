import assert from "node:assert/strict";
import type { SessionRecord } from "../../session/store.ts";
import type { StoreCapabilities } from "./capabilities.ts";
import {
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
  tag,
} from "./common.ts";

/** How much data is tried where a store has no limit. */
const LARGE = 1024 * 1024;

/** Bytes come back as they went in, and belong to whoever holds them. */
export function bytesSuite(check: Check, { maxBytes = LARGE }: StoreCapabilities): void {
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  for (const [name, data] of [
    ["no bytes at all", new Uint8Array(0)],
    ["each byte value", all],
    ["each byte value, from the last to the first", all.toReversed()],
    ["bytes that are no UTF-8", Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf5, 0x00)],
    ["what ends lines and texts", new TextEncoder().encode("\0\r\n\t\u2028'\"\\%s$1{}null")],
    ["65,536 bytes", noise(65_536)],
    [`${maxBytes.toLocaleString("en")} bytes`, noise(maxBytes)],
  ] as const) {
    check(`data of ${name} comes back as it was`, async (one, two) => {
      const kept = { data, expires: at(HOUR) };
      const version = await create(one, key("a"), kept);
      assertStored(await load(two, key("a")), kept, at(0));
      await save(two, key("a"), version, record("something else"));
      const { current } = await conflict(one, version, kept);
      const saved = await save(one, key("a"), current.version, kept);
      assertStored((await conflict(two, version, kept)).current, kept, at(0));
      await one.replace(key("a"), saved, kept, key("b", tag("owner")), kept, at(0));
      assertStored(await load(two, key("a")), kept, at(0));
      assertStored(await load(two, key("b", tag("owner"))), kept, at(0));
      assertStored(await two.delete(key("a")), kept, at(0));
    });
  }

  if (maxBytes < LARGE) {
    check(
      "data of one byte more than a record may have is refused, and changes nothing",
      async (one, two) => {
        const kept = record("kept");
        const large = { data: noise(maxBytes + 1), expires: at(HOUR) };
        const version = await create(one, key("a"), kept);
        for (const write of [
          () => one.create(key("b"), large, at(0)),
          () => one.save(key("a"), version, large, at(0)),
          () => one.replace(key("a"), version, large, key("b"), kept, at(0)),
          () => one.replace(key("a"), version, kept, key("b"), large, at(0)),
        ]) {
          await assert.rejects(write, { code: "TOO_LARGE" });
        }
        assertStored(await load(two, key("a")), kept, at(0));
        assert.equal(await lives(two, key("b")), false);
        await save(two, key("a"), version, record("saved"));
      },
    );
  }

  check("a view keeps its own bytes, not the buffer around it", async (one, two) => {
    const kept = { data: all.subarray(100, 110), expires: at(HOUR) };
    await create(one, key("a"), kept);
    await create(one, key("b"), { data: Buffer.from("a small one of the pool"), expires: at(HOUR) });
    assertStored(await load(two, key("a")), kept, at(0));
    assertStored(await load(two, key("b")), record("a small one of the pool"), at(0));
  });

  check("changing what was handed in changes nothing that is kept", async (one, two) => {
    const spoil = (handed: SessionRecord): void => {
      handed.data.fill(0x2a);
      handed.expires.setTime(0);
    };
    const [first, second, retired, next] = [record("1"), record("2"), record("3"), record("4")] as const;
    const version = await create(one, key("a"), first);
    spoil(first);
    assertStored(await load(one, key("a")), record("1"), at(0));
    const saved = await save(one, key("a"), version, second);
    spoil(second);
    assertStored(await load(one, key("a")), record("2"), at(0));
    const touched = at(HOUR);
    await one.touch(key("a"), saved, touched, at(0));
    touched.setTime(0);
    assertStored(await load(one, key("a")), record("2"), at(0));
    await one.replace(key("a"), saved, retired, key("b"), next, at(0));
    spoil(retired);
    spoil(next);
    for (const store of [one, two]) {
      assertStored(await load(store, key("a")), record("3"), at(0));
      assertStored(await load(store, key("b")), record("4"), at(0));
    }
  });

  check("changing what was handed out changes nothing that is kept", async (one, two) => {
    const first = await create(one, key("a"), record("1"));
    await save(one, key("a"), first, record("2"));
    for (let round = 0; round < 3; round++) {
      const loaded = await load(one, key("a"));
      const { current } = await conflict(one, first, record("late"));
      for (const handed of [loaded, current]) {
        assertStored(handed, record("2"), at(0));
        handed.data.fill(0x2a);
        handed.expires.setTime(0);
        handed.seen.setTime(0);
        if (handed.version instanceof Uint8Array) handed.version.fill(0x2a);
      }
    }
    assertStored(await load(two, key("a")), record("2"), at(0));
  });

  async function conflict(
    store: Parameters<typeof load>[0],
    version: Parameters<typeof save>[2],
    late: SessionRecord,
  ): Promise<{ current: ReturnType<typeof conflicting> }> {
    return { current: conflicting(await store.save(key("a"), version, late, at(0))) };
  }
}

/** Bytes without a pattern, the same ones each time (xorshift32). */
function noise(length: number): Uint8Array {
  let state = 0x2545f491;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

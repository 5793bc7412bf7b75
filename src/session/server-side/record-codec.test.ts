import { describe, expect, test } from "vitest";
import { setUpServer } from "../../../test/support/server-sessions.ts";
import { KEY, OTHER_KEY } from "../../../test/support/visitor.ts";
import { MalformedError } from "../../errors.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { encryptedRecords, plainRecords } from "./record-codec.ts";
import { newSessionId, ownerTag } from "./session-id.ts";

const TEXT = '{"_created":1795200000,"secret":"tea"}';
const [{ key }, { key: other }] = [newSessionId(ownerTag("1")), newSessionId(ownerTag("1"))];

describe("records at rest", () => {
  const codec = encryptedRecords([KEY]);

  test("are read again, show nothing, and are never the same twice", () => {
    const [first, second] = [codec.encode(key, TEXT), codec.encode(key, TEXT)];
    expect(codec.decode(key, first)).toBe(TEXT);
    expect(Buffer.from(first).toString("latin1")).not.toContain("tea");
    expect(Buffer.from(first).equals(second)).toBe(false);
    expect(codec.decode(key, codec.encode(key, ""))).toBe("");
  });

  test("of one session are refused in the place of another's, also of the same user, and under another owner", () => {
    const data = codec.encode(key, TEXT);
    for (const place of [other, { ...key, owner: undefined }, { ...key, owner: ownerTag("2") }])
      expect(() => codec.decode(place, data)).toThrow(MalformedError);
  });

  test("are refused with any bit changed, any byte taken out or put in, and cut anywhere", () => {
    const data = Buffer.from(codec.encode(key, TEXT));
    const refused = (changed: Uint8Array) => expect(() => codec.decode(key, changed)).toThrow(MalformedError);
    for (let i = 0; i < data.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(data);
        flipped[i]! ^= 1 << bit;
        refused(flipped);
      }
      refused(data.subarray(0, i));
      refused(data.subarray(i + 1));
      refused(Buffer.concat([data.subarray(0, i), data.subarray(i + 1)]));
      refused(Buffer.concat([data.subarray(0, i), Buffer.of(7), data.subarray(i)]));
    }
    refused(Buffer.concat([data, Buffer.of(0)]));
  });

  test("written with a fallback key are read, and a record in plain text is never", () => {
    const before = encryptedRecords([OTHER_KEY]);
    const both = encryptedRecords([OTHER_KEY, KEY]);
    expect(both.decode(key, before.encode(key, TEXT))).toBe(TEXT);
    expect(codec.decode(key, both.encode(key, TEXT))).toBe(TEXT);
    expect(() => codec.decode(key, before.encode(key, TEXT))).toThrow(MalformedError);
    expect(() => codec.decode(key, plainRecords.encode(key, TEXT))).toThrow(MalformedError);
    expect(() => plainRecords.decode(key, codec.encode(key, TEXT))).toThrow(MalformedError);
  });

  test("written with a key of bytes are those of the same text", () => {
    const bytes = encryptedRecords([Buffer.from(KEY)]);
    expect(codec.decode(key, bytes.encode(key, TEXT))).toBe(TEXT);
  });
});

describe("plain records", () => {
  test("are the text itself, wherever in a buffer they stand", () => {
    const data = plainRecords.encode(key, TEXT);
    expect(Buffer.from(data).toString()).toBe(TEXT);
    const within = Buffer.from(`xx${TEXT}xx`);
    expect(plainRecords.decode(key, within.subarray(2, -2))).toBe(TEXT);
    expect(plainRecords.decode(key, new Uint8Array(within).subarray(2, -2))).toBe(TEXT);
  });

  test.each(["", "[]", " {}", "\u0001", "null"])("that begin with %j are refused", (text) =>
    expect(() => plainRecords.decode(key, Buffer.from(text))).toThrow(MalformedError),
  );
});

describe("sessions that are encrypted at rest", () => {
  test("live through a change of keys, and end when the old key goes", async () => {
    const store = new MemoryStore();
    const old = setUpServer({ store, encryptAtRest: true, secretKey: OTHER_KEY });
    await old.visitor.visit(({ data }) => (data["a"] = 1));
    const both = setUpServer({ store, encryptAtRest: true, secretKey: KEY, secretKeyFallbacks: [OTHER_KEY] });
    const alone = setUpServer({ store, encryptAtRest: true, secretKey: KEY });
    expect((await both.look(old.visitor.cookie)).data).toEqual({ a: 1 });
    const session = await alone.look(old.visitor.cookie);
    expect([session.new, session.data, alone.types()]).toEqual([true, {}, ["record.corrupt"]]);
  });

  test("need a key", () => {
    expect(() => setUpServer({ encryptAtRest: true })).toThrow(
      expect.objectContaining({ code: "NO_SECRET_KEY" }),
    );
    expect(() => setUpServer({ encryptAtRest: true, secretKey: "" })).toThrow(/key/);
    expect(() => setUpServer({ encryptAtRest: false })).not.toThrow();
  });

  test("keep the user, the grace and the merges that others have", async () => {
    const { visitor, look } = setUpServer({ encryptAtRest: true, secretKey: KEY });
    await visitor.visit(({ data }) => (data["a"] = 1));
    const before = visitor.cookie;
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    expect((await look(before)).data).toEqual({ a: 1 });
    await Promise.all(["b", "c"].map((name) => visitor.visit(({ data }) => (data[name] = 1))));
    await visitor.visit((session) =>
      expect([session.user, session.data]).toEqual(["42", { a: 1, b: 1, c: 1 }]),
    );
  });
});

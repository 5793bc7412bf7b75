/** What real Flask makes of mutated session cookies; its session serializer is this one with these settings. */
import { describe, expect, test } from "vitest";
import { TaggedJson } from "../codec/tagged-json.ts";
import { type Desc, fromDesc } from "../../test/support/python-values.ts";
import { bytes, type VectorBytes, vectors } from "../../test/support/vectors.ts";
import { BadData, BadPayload, BadSignature } from "../errors.ts";
import type { SecretKey } from "./secret-key.ts";
import { URLSafeTimedSerializer } from "./url-safe-serializer.ts";

interface Vector {
  id: string;
  secret: VectorBytes;
  fallbacks?: string[];
  cookie: string;
  now: number;
  max_age: number;
  kind: "control" | "must_reject" | "lenient" | "bad_payload";
  itsdangerous: { payload?: Desc };
}

const all = vectors<Vector>("flask_tampered");
const ofKind = (...kinds: Vector["kind"][]) => all.filter(({ kind }) => kinds.includes(kind));
/** Signed by the application itself: whether Python's laxity with a broken date is shared, the codec decides. */
const BROKEN_DATE = "small/signed-signed bad date";

/** Where the mutation had nothing to change ("-" into "+" in a signature without "-"), the cookie is the original. */
const untouched = new Set(ofKind("control").map(({ cookie }) => cookie));

const json = new TaggedJson();

function load({ secret, fallbacks = [], cookie, now, max_age }: Vector, lenient: boolean): unknown {
  const keys: SecretKey[] = [...fallbacks, bytes(secret)];
  const serializer = new URLSafeTimedSerializer(keys, {
    salt: "cookie-session",
    signerOptions: { keyDerivation: "hmac", digest: "sha1" },
    serializer: {
      dumps: (value) => json.stringify(value as Record<string, unknown>),
      loads: (text) => json.parse(text).data,
    },
    clock: { now: () => now * 1000 },
    lenient,
  });
  return serializer.loads(cookie, { maxAge: max_age });
}

const data = ({ itsdangerous }: Vector) => fromDesc(itsdangerous.payload!);

describe.each([{ lenient: false }, { lenient: true }])("$lenient for lenient", ({ lenient }) => {
  test.each(ofKind("control"))("$id is accepted", (vector) => {
    expect(load(vector, lenient)).toEqual(data(vector));
  });

  test.each(ofKind("must_reject"))("$id is refused", (vector) => {
    expect(() => load(vector, lenient)).toThrow(BadSignature);
  });

  test.each(ofKind("bad_payload"))("$id is refused although its signature is right", (vector) => {
    expect(() => load(vector, lenient)).toThrow(BadPayload);
  });
});

describe("what only Python's base64 accepts", () => {
  const lax = ofKind("lenient").filter(({ id, cookie }) => id !== BROKEN_DATE && !untouched.has(cookie));

  test.each(lax)("$id is refused by default", (vector) => {
    expect(() => load(vector, false)).toThrow(BadData);
  });

  test.each(lax)("$id is accepted by a lenient serializer", (vector) => {
    expect(load(vector, true)).toEqual(data(vector));
  });
});

test("all vectors are there", () => {
  expect(all).toHaveLength(829);
});

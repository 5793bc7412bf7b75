import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Desc, fromDesc } from "../../test/support/python-values.ts";
import { bytes, type VectorBytes, vectors } from "../../test/support/vectors.ts";
import { KEY, OTHER_KEY } from "../../test/support/visitor.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { URLSafeTimedSerializer } from "../signer/index.ts";
import { type Dict, FlaskCookie, type FlaskCookieOptions, type OpenedCookie, PyFloat } from "./index.ts";

interface SessionVector {
  id: string;
  secret: VectorBytes;
  timestamp: number;
  json: string;
  cookie: string;
  compressed: boolean;
  app_json?: object;
  error?: object;
}

const at = (seconds: number) => ({ now: () => seconds * 1000 });

test.each([
  { issueSkew: -1 },
  { issueSkew: NaN },
  { issueSkew: "2" },
  { maxJsonBytes: -1 },
  { maxJsonBytes: null },
  { compressAbove: "1024" },
])("%o is refused, by its name", (options) => {
  const [name] = Object.keys(options);
  expect(() => new FlaskCookie(KEY, options as FlaskCookieOptions)).toThrow(new RegExp(`^${name} must be`));
});

const good = vectors<SessionVector>("flask_sessions").filter(({ error }) => error === undefined);

describe("Flask's own cookies", () => {
  // With app.json settings of its own, Flask writes JSON that this codec reads but does not write.
  const standard = good.filter(({ app_json }) => app_json === undefined);
  const codec = ({ secret, timestamp }: SessionVector) =>
    new FlaskCookie([bytes(secret)], { compressAbove: 0, clock: at(timestamp) });

  test.each(standard.filter(({ compressed }) => !compressed))(
    "$id is signed with Flask's bytes",
    (vector) => {
      expect(codec(vector).seal(vector.json)).toBe(vector.cookie);
    },
  );

  test("are opened as the JSON that Flask wrote, compressed or not", () => {
    // Reading sorts keys as text, which Flask did as numbers, and a year below 100 is one of a later century.
    const rewritten = new Set(["edge/int-keys", "edge/dt-year1", "edge/dt-year50", "edge/dt-year99"]);
    for (const vector of standard.filter(({ id }) => !rewritten.has(id))) {
      expect(codec(vector).open(vector.cookie, 0)).toMatchObject({
        json: vector.json,
        signedAt: Math.floor(vector.timestamp),
      });
    }
    for (const vector of good) expect(codec(vector).open(vector.cookie, 0)).not.toHaveProperty("refused");
  });

  test("are compressed where Flask compresses, but for the few where another zlib gains or loses a byte", () => {
    const different = standard.filter(
      (vector) => codec(vector).seal(vector.json).startsWith(".") !== vector.compressed,
    );
    expect(different.length).toBeLessThan(standard.length / 50);
    for (const vector of standard) {
      const sealed = codec(vector).seal(vector.json);
      expect(codec(vector).open(sealed, 0)).not.toHaveProperty("refused");
    }
  });
});

describe("tampered cookies", () => {
  interface Tampered {
    id: string;
    mutation: string;
    kind: "control" | "must_reject" | "lenient" | "bad_payload";
    secret: VectorBytes;
    fallbacks?: string[];
    cookie: string;
    now: number;
    max_age: number;
    itsdangerous: { payload?: Desc };
  }
  const tampered = vectors<Tampered>("flask_tampered");
  const open = (
    { secret, fallbacks = [], cookie, now, max_age }: Tampered,
    options: FlaskCookieOptions = {},
  ) =>
    new FlaskCookie([...fallbacks.map((key) => Buffer.from(key)), bytes(secret)], {
      ...options,
      clock: at(now),
    }).open(cookie, max_age);

  // Two machines' clocks are never the same: a time stamp up to five seconds ahead logs nobody out here.
  const isSlightlyAhead = ({ mutation }: Tampered) => mutation === "future 1";
  // The signature is right and canonical; the laxity is Flask's, which reads a date that is none as None.
  const isBadDate = ({ mutation }: Tampered) => mutation === "signed bad date";
  // These signatures have no character in which the two alphabets differ, so nothing was changed.
  const isUnchanged = ({ id, cookie }: Tampered) =>
    id.endsWith("std alphabet") && !/[+/]/.test(cookie.slice(cookie.lastIndexOf(".")));

  test.each(tampered.filter(({ kind }) => kind === "control"))("$id is accepted", (vector) => {
    expect(open(vector)).toMatchObject({ data: fromDesc(vector.itsdangerous.payload!) });
  });

  test.each(tampered.filter((vector) => vector.kind === "must_reject" && !isSlightlyAhead(vector)))(
    "$id is refused",
    (vector) => {
      expect(open(vector)).toHaveProperty("refused");
      expect(open(vector, { lenient: true })).toHaveProperty("refused");
    },
  );

  test.each(tampered.filter(isSlightlyAhead))("$id is accepted, and six seconds ahead is not", (vector) => {
    expect(open(vector)).not.toHaveProperty("refused");
    expect(open({ ...vector, now: vector.now - 5 })).toEqual({ refused: "future" });
  });

  test.each(tampered.filter(({ kind }) => kind === "bad_payload"))(
    "$id, which Flask answers with 500, is refused",
    (vector) => {
      expect(open(vector)).toEqual({ refused: "malformed" });
    },
  );

  test.each(tampered.filter((vector) => vector.kind === "lenient" && !isBadDate(vector)))(
    "$id is refused by default and accepted where asked for",
    (vector) => {
      if (!isUnchanged(vector)) expect(open(vector)).toHaveProperty("refused");
      expect(open(vector, { lenient: true })).not.toHaveProperty("refused");
    },
  );

  test.each(tampered.filter(isBadDate))("$id is read as null, as Flask does", (vector) => {
    expect(open(vector)).toMatchObject({ data: { d: null } });
  });
});

/** Signs any payload as Flask would, whatever it is. */
function sign(payload: string | Uint8Array, compressed = false): string {
  const serializer = new URLSafeTimedSerializer(KEY, {
    salt: "cookie-session",
    signerOptions: { keyDerivation: "hmac" },
    clock: new FakeClock(),
  });
  const text = (compressed ? "." : "") + Buffer.from(payload).toString("base64url");
  return serializer.makeSigner().sign(text) as string;
}

const codec = new FlaskCookie([KEY], { clock: new FakeClock() });

describe("what is signed and still no session", () => {
  test.each<[string, string | Uint8Array]>([
    ["nothing", ""],
    ["no JSON", "{"],
    ["null", "null"],
    ["a list", "[]"],
    ["a list of pairs", '[["a",1]]'],
    ["a string", '"x"'],
    ["a number", "1"],
    ["true", "true"],
    ["NaN", "NaN"],
    ["a byte order mark", "\ufeff{}"],
    ["bytes that are not UTF-8", new Uint8Array([0x7b, 0xff, 0x7d])],
    ["UTF-16", Buffer.from("{}", "utf16le")],
    ["a NUL", "{}\0"],
    ["a single quote", "{'a':1}"],
    ["a trailing comma", '{"a":1,}'],
    ["a comment", "{}//"],
    ["two dicts", "{}{}"],
    ["a tuple", '{" t":[]}'],
    ["bytes", '{" b":""}'],
    ["a UUID", '{" u":"12345678123456781234567812345678"}'],
    ["a bad UUID", '{"a":{" u":"1"}}'],
    ["bad base64", '{"a":{" b":"a"}}'],
    ["a tag of another type", '{"a":{" u":null}}'],
    ["an escaped list", '{"a":{" di":[]}}'],
    ["deep lists", `${'{"a":'.repeat(1)}${"[".repeat(5000)}${"]".repeat(5000)}}`],
    ["deep dicts", `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`],
    ["an integer of 5,000 digits", `{"a":${"1".repeat(5000)}}`],
  ])("%s", (_, payload) => {
    expect(codec.open(sign(payload), undefined)).toEqual({ refused: "malformed" });
  });

  test.each<[string, Uint8Array, string]>([
    ["no zlib data", Buffer.from("hello"), "malformed"],
    ["cut zlib data", deflateSync("{}").subarray(0, 5), "malformed"],
    ["nothing", Buffer.alloc(0), "malformed"],
    ["a bomb of 10 MB", deflateSync(Buffer.alloc(10_000_000, 0x20)), "too_large"],
    ["a bomb of nests", deflateSync(`{"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`), "malformed"],
    ["65,537 bytes", deflateSync(`{"a":"${"x".repeat(65_537 - 8)}"}`), "too_large"],
  ])("compressed: %s", (_, payload, refused) => {
    const cookie = sign(payload, true);
    const start = process.cpuUsage();
    expect(codec.open(cookie, undefined)).toEqual({ refused });
    expect(process.cpuUsage(start).user).toBeLessThan(200_000);
  });

  test("what nobody has signed is refused for that, and neither inflated nor read", () => {
    for (const payload of [deflateSync(Buffer.alloc(10_000_000, 0x20)), Buffer.from("hello")])
      expect(codec.open(`${sign(payload, true).slice(0, -5)}AAAAA`, undefined)).toEqual({
        refused: "bad_mac",
      });
    expect(codec.open(`${sign("no JSON").slice(0, -5)}AAAAA`, undefined)).toEqual({ refused: "bad_mac" });
  });

  test("65,536 bytes, the limit, are read, and another limit may be set", () => {
    const cookie = sign(deflateSync(`{"a":"${"x".repeat(65_536 - 8)}"}`), true);
    expect(codec.open(cookie, undefined)).not.toHaveProperty("refused");
    expect(
      new FlaskCookie([KEY], { clock: new FakeClock(), maxJsonBytes: 100 }).open(cookie, undefined),
    ).toEqual({ refused: "too_large" });
  });

  test("a value longer than any browser's is refused before it is looked at", () => {
    expect(codec.open("x".repeat(16_385), undefined)).toEqual({ refused: "too_large" });
    expect(codec.open(sign("x".repeat(13_000)), undefined)).toEqual({ refused: "too_large" });
  });
});

describe("forgery", () => {
  const cookie = codec.seal(codec.stringify({ user: 1, admin: false }));

  test("no bit can be flipped, nothing cut and nothing put in", () => {
    const changed: string[] = [];
    for (let i = 0; i < cookie.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        changed.push(
          cookie.slice(0, i) + String.fromCharCode(cookie.charCodeAt(i) ^ (1 << bit)) + cookie.slice(i + 1),
        );
      }
      changed.push(
        cookie.slice(0, i),
        cookie.slice(i + 1),
        `${cookie.slice(0, i)}A${cookie.slice(i)}`,
        `${cookie.slice(0, i)}.${cookie.slice(i)}`,
      );
    }
    expect(changed.length).toBeGreaterThan(700);
    for (const value of changed) {
      if (value !== cookie) expect(codec.open(value, undefined)).toEqual({ refused: "bad_mac" });
    }
  });

  test("no signature is not a signature", () => {
    const [payload, stamp, signature] = cookie.split(".") as [string, string, string];
    for (const value of [
      "",
      ".",
      "..",
      "...",
      payload,
      `${payload}.`,
      `${payload}.${stamp}`,
      `${payload}.${stamp}.`,
      `.${stamp}.${signature}`,
      `${payload}..${signature}`,
      `${payload}.${stamp}.${signature}=`,
      `${payload}.${stamp}.${signature}.`,
      ` ${cookie}`,
      `${cookie}\n`,
      `"${cookie}"`,
      `${payload}.${stamp}.${signature.replace(/./, (c) => String.fromCharCode(c.charCodeAt(0) + 256))}`,
    ]) {
      expect(codec.open(value, undefined)).toEqual({ refused: "bad_mac" });
    }
  });

  test.each<[string, FlaskCookie]>([
    ["another key", new FlaskCookie([OTHER_KEY])],
    ["another salt", new FlaskCookie([KEY], { salt: "remember" })],
    ["another derivation", new FlaskCookie([KEY], { keyDerivation: "django-concat" })],
    ["no derivation", new FlaskCookie([KEY], { keyDerivation: "none" })],
    ["another digest", new FlaskCookie([KEY], { digest: "sha256" })],
  ])("a cookie made with %s is refused, in both directions", (_, other) => {
    expect(codec.open(other.seal("{}"), undefined)).toEqual({ refused: "bad_mac" });
    expect(other.open(cookie, undefined)).toEqual({ refused: "bad_mac" });
  });
});

describe("times", () => {
  test("a cookie is good for as long as it may be, and its age is told from its own time stamp", () => {
    const clock = new FakeClock();
    const timed = new FlaskCookie([KEY], { clock });
    const cookie = timed.seal("{}");
    clock.move(10);
    expect(timed.open(cookie, 10)).toMatchObject({ signedAt: clock.now() / 1000 - 10 });
    clock.move(1);
    expect(timed.open(cookie, 10)).toEqual({ refused: "expired" });
    expect(timed.open(cookie, undefined)).not.toHaveProperty("refused");
  });

  test("new cookies can be dated back for a reader whose clock is behind", () => {
    const clock = new FakeClock();
    const cookie = new FlaskCookie([KEY], { clock, issueSkew: 2 }).seal("{}");
    expect(new FlaskCookie([KEY], { clock }).open(cookie, undefined)).toMatchObject({
      signedAt: clock.now() / 1000 - 2,
    });
  });
});

describe("the text for comparing", () => {
  function expectWritten(opened: OpenedCookie): void {
    if (opened.refused !== undefined) throw new Error(opened.refused);
    expect(opened.json).toBe(codec.stringify(opened.data, opened.numberTypes));
  }

  test("is the one that would be written, although another setting of Flask's wrote the cookie", () => {
    expect(codec.open(sign('{"z": "é", "a": 1.0}'), undefined)).toMatchObject({
      json: '{"a":1.0,"z":"\\u00e9"}',
    });
    expect(codec.open(sign('{"b":{"z":1,"a":2}}'), undefined)).toMatchObject({ json: '{"b":{"a":2,"z":1}}' });
    for (const text of ['{"b":1,"1":2}', '{"a":"\x7f"}', '{"\\ud83c\\udf6a":1,"\\uffff":2}'])
      expectWritten(codec.open(sign(text), undefined));
  });

  test.each([
    '{"a": 1, "b": 2}',
    '{"k":[1, 2]}',
    '{"k":1} \n',
    '{"k":1E5}',
    '{"k":1.0e5}',
    '{"k":1.50}',
    '{"k":[0.5,2.30]}',
    '{"k":1e16}',
    '{"k":0.00001}',
    '{"k":0.1000000000000000055}',
    '{"k":-0}',
    '{"k":1e999}',
    '{"k":"\\u00E9"}',
    '{"k":"\\u0041"}',
    '{"k":"\\u000a"}',
    '{"k":"\\/"}',
    '{"k":{" t":[1.50]}}',
    '{"k":{" t":"ab"}}',
    '{"k":{" u":"12345678-1234-5678-1234-567812345678"}}',
    '{"k":{" b":"aG k="}}',
    '{"k":{" d":"Thu, 1 Jan 1970 00:00:00 GMT"}}',
    '{"k":{" d":"never"}}',
    '{"k":{" di":{"x__":1}}}',
    '{"k":{" di":{" t__":1," u__":2}}}',
  ])("is the one that would be written for %s", (text) => {
    expectWritten(codec.open(sign(text), undefined));
  });

  test("is the one that would be written for every cookie of Flask's, whatever its settings", () => {
    for (const { secret, timestamp, cookie } of good)
      expectWritten(new FlaskCookie([bytes(secret)], { clock: at(timestamp) }).open(cookie, undefined));
  });

  test("of an unchanged session is the text that was read", () => {
    for (const data of [
      { f: new PyFloat(1), i: 1 },
      { n: Number.NaN, big: 2n ** 70n },
      { d: new Date(0) },
    ] as Dict[]) {
      const json = codec.stringify(data);
      const opened = codec.open(codec.seal(json), undefined);
      if (opened.refused !== undefined) throw new Error(opened.refused);
      expect(codec.stringify(opened.data, opened.numberTypes)).toBe(json);
      expect(opened.json).toBe(json);
    }
  });
});

import { deepStrictEqual } from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../errors.ts";
import { PyFloat } from "../py-float.ts";
import { PyBytearray, PyFrozenset, Tuple } from "../python-values.ts";
import { readPickle } from "./read.ts";

/** A pickle that is written as a string of the same bytes. */
function read(bytes: string): unknown {
  return readPickle(Buffer.from(bytes, "latin1"));
}

describe("ints", () => {
  test.each([
    ["I0\n.", 0],
    ["I-5\n.", -5],
    ["I00\n.", false],
    ["I01\n.", true],
    ["I-0\n.", 0],
    ["I12345678901234567890\n.", 12345678901234567890n],
    ["L7L\n.", 7],
    ["L7\n.", 7],
    ["L-9007199254740993L\n.", -9007199254740993n],
    ["J\xff\xff\xff\x7f.", 2 ** 31 - 1],
    ["J\x00\x00\x00\x80.", -(2 ** 31)],
    ["K\xff.", 255],
    ["M\xff\xff.", 65535],
    ["\x8a\x00.", 0],
    ["\x8a\x01\xff.", -1],
    ["\x8a\x02\xff\x00.", 255],
    ["\x8a\x07\xff\xff\xff\xff\xff\xff\x1f.", 2 ** 53 - 1],
    ["\x8a\x07\x00\x00\x00\x00\x00\x00\x20.", 2n ** 53n],
    ["\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\xff.", -(2n ** 63n)],
    ["\x8b\x01\x00\x00\x00\x05.", 5],
  ])("%j", (pickle, value) => {
    expect(read(pickle)).toBe(value);
  });

  test("have as many digits as Python shows, in both notations", () => {
    const most = 10n ** 4300n - 1n;
    expect(read(`L${most}L\n.`)).toBe(most);
    expect(read(`I-${most}\n.`)).toBe(-most);
    expect(() => read(`L1${"0".repeat(4300)}L\n.`)).toThrow("more than 4300 digits");
    expect(() => read(`\x8b\xfa\x06\x00\x00${"\x7f".repeat(1786)}.`)).toThrow("more than 4300 digits");
    expect(() => read(`\x8b\x00\x00\x10\x00${"\x01".repeat(2 ** 20)}.`)).toThrow("more than 4300 digits");
  });

  test.each([
    "I\n.",
    "I+5\n.",
    "I05\n.",
    "I0x5\n.",
    "I5_0\n.",
    "I 5\n.",
    "L5LL\n.",
    "LL\n.",
    "I5L\n.",
    "I1.0\n.",
  ])("%j is none", (pickle) => {
    expect(() => read(pickle)).toThrow(MalformedError);
  });
});

describe("floats", () => {
  test.each([
    ["G\x3f\xf8\x00\x00\x00\x00\x00\x00.", 1.5],
    ["G\x3f\xf0\x00\x00\x00\x00\x00\x00.", new PyFloat(1)],
    ["G\x80\x00\x00\x00\x00\x00\x00\x00.", -0],
    ["G\x7f\xf8\x00\x00\x00\x00\x00\x00.", Number.NaN],
    ["F1.0\n.", new PyFloat(1)],
    ["F-0.0\n.", -0],
    ["F1e+300\n.", 1e300],
    ["F5e-324\n.", 5e-324],
    ["Finf\n.", Infinity],
    ["F-inf\n.", -Infinity],
    ["Fnan\n.", Number.NaN],
  ])("%j", (pickle, value) => {
    expect(read(pickle)).toStrictEqual(value);
  });

  test.each(["F\n.", "F.\n.", "F1,5\n.", "F1e\n.", "Finfinity\n.", "F 1\n.", "F0x1\n."])(
    "%j is none",
    (pickle) => {
      expect(() => read(pickle)).toThrow(MalformedError);
    },
  );
});

describe("text", () => {
  test.each([
    ["V\n.", ""],
    ["Vcaf\xe9\n.", "café"],
    ["V\\u043a\\U0001f36a\\ud800\n.", "к🍪\ud800"],
    ["V\\u005cu0041\\u000a\n.", "\\u0041\n"],
    ["V\\\\u0041\\n\\\n.", "\\\\u0041\\n\\"],
    ["\x8c\x04\xf0\x9f\x8d\xaa.", "🍪"],
    ["X\x03\x00\x00\x00\xed\xa0\x80.", "\ud800"],
    ["\x8c\x0d\xed\xbf\xbfa\xc3\xa9\xe2\x82\xac\xed\xa0\x80\n.", "\udfffaé€\ud800\n"],
    ["\x8c\x07\xed\xa0\x80\xf0\x9f\x8d\xaa.", "\ud800🍪"],
    ["\x8c\x03\xed\x95\x9c.", "한"],
    ["\x8c\x03\xef\xbb\xbf.", "\ufeff"],
    ["\x8d\x01\x00\x00\x00\x00\x00\x00\x00a.", "a"],
    ["S'it\\'s \\\\ \"\\x41\\n\\t\\r'\n.", "it's \\ \"A\n\t\r"],
    ['S"it\'s"\n.', "it's"],
    ["U\x03abc.", "abc"],
    ["T\x03\x00\x00\x00abc.", "abc"],
  ])("%j", (pickle, text) => {
    expect(read(pickle)).toBe(text);
  });

  test.each([
    ["a truncated escape", "V\\u043\n."],
    ["a truncated long escape", "V\\U0001f36\n."],
    ["an escape beyond Unicode", "V\\U00110000\n."],
    ["an escape that is no number", "V\\uu043\n."],
    ["no UTF-8", "\x8c\x01\xff."],
    ["UTF-8 that is cut", "\x8c\x02\xf0\x9f."],
    ["a surrogate that is cut", "\x8c\x02\xed\xa0."],
    ["a surrogate beside what is no UTF-8", "\x8c\x04\xed\xa0\x80\xff."],
    ["a surrogate beside a continuation", "\x8c\x04\xed\xa0\x80\x80."],
    ["a surrogate beside too long a form", "\x8c\x05\xed\xa0\x80\xc0\x80."],
    ["a surrogate beside a code point beyond Unicode", "\x8c\x07\xed\xa0\x80\xf4\x90\x80\x80."],
    ["bytes of Python 2", "U\x01\xe9."],
    ["bytes of Python 2, escaped", "S'\\xe9'\n."],
    ["a string without quotes", "Sabc\n."],
    ["a string with one quote", "S'\n."],
    ["a string with two kinds of quotes", "S'abc\"\n."],
    ["an escape that Python's repr does not have", "S'\\q'\n."],
    ["a backslash at the end", "S'\\'\n."],
  ])("is none: %s", (_, pickle) => {
    expect(() => read(pickle)).toThrow(MalformedError);
  });
});

describe("bytes", () => {
  test.each([
    ["C\x02\x00\xff.", Uint8Array.of(0, 255)],
    ["B\x02\x00\x00\x00\x00\xff.", Uint8Array.of(0, 255)],
    ["\x8e\x02\x00\x00\x00\x00\x00\x00\x00\x00\xff.", Uint8Array.of(0, 255)],
    ["\x96\x02\x00\x00\x00\x00\x00\x00\x00\x00\xff.", PyBytearray.of(0, 255)],
    ["c_codecs\nencode\n(V\x00\xff\nVlatin1\ntR.", Uint8Array.of(0, 255)],
    ["c__builtin__\nbytes\n)R.", new Uint8Array()],
    ["cbuiltins\nbytearray\n)R.", new PyBytearray()],
    ["cbuiltins\nbytearray\nC\x02\x00\xff\x85R.", PyBytearray.of(0, 255)],
    ["c__builtin__\nbytearray\n(V\x00\xff\nVlatin-1\ntR.", PyBytearray.of(0, 255)],
  ])("%j", (pickle, bytes) => {
    expect(read(pickle)).toStrictEqual(bytes);
  });

  test("are copies: what happens to the pickle afterwards does not change them", () => {
    const pickle = Buffer.from("](C\x01a\x96\x01\x00\x00\x00\x00\x00\x00\x00ae.", "latin1");
    const value = readPickle(pickle);
    pickle.fill(0);
    expect(value).toStrictEqual([Uint8Array.of(0x61), PyBytearray.of(0x61)]);
  });
});

describe("containers", () => {
  test.each<[string, unknown]>([
    ["(lI1\na.", [1]],
    ["(I1\nI2\nl.", [1, 2]],
    ["](K\x01K\x02e(K\x03eK\x04a.", [1, 2, 3, 4]],
    [").", new Tuple()],
    ["K\x01\x85.", new Tuple([1])],
    ["K\x01K\x02\x86.", new Tuple([1, 2])],
    ["K\x01K\x02K\x03\x87.", new Tuple([1, 2, 3])],
    ["(K\x01t.", new Tuple([1])],
    ["(Va\nI1\nd.", { a: 1 }],
    ["}(U\x01aK\x01uU\x01bK\x02s.", { a: 1, b: 2 }],
    ["}(K\x01Nu.", new Map([[1, null]])],
    ["}(U\x01aK\x01U\x01aK\x02u.", { a: 2 }],
    ["\x8f(K\x01K\x02\x90.", new Set([1, 2])],
    ["(K\x01\x91.", new PyFrozenset([1])],
    ["cbuiltins\nset\n](K\x01e\x85R.", new Set([1])],
    ["c__builtin__\nfrozenset\n((lI1\natR.", new PyFrozenset([1])],
    ["ccollections\nOrderedDict\n)RU\x01aK\x01s.", { a: 1 }],
  ])("%j", (pickle, value) => {
    deepStrictEqual(read(pickle), value);
  });

  test("keep keys that an object treats specially", () => {
    const value = read("}(U\x09__proto__}U\x01aK\x01sU\x0bconstructorK\x02u.") as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.entries(value)).toStrictEqual([
      ["__proto__", { a: 1 }],
      ["constructor", 2],
    ]);
  });

  test("have the keys that Python has where several are one key to it", () => {
    expect(read("}(K\x01U\x01aI01\nU\x01bu.")).toStrictEqual(new Map([[1, "b"]]));
  });

  test("keep -0.0 as a key, which a Map would take for 0", () => {
    const value = read("}G\x80\x00\x00\x00\x00\x00\x00\x00Ns.") as Map<unknown, unknown>;
    expect([...value.keys()]).toStrictEqual([new PyFloat(-0)]);
  });

  test("that are referred to twice become two copies", () => {
    const { a, b } = read("}(U\x01a]q\x00K\x01aU\x01bh\x00u.") as { a: number[]; b: number[] };
    a.push(2);
    expect(b).toStrictEqual([1]);
  });

  test("that hold a datetime or bytes twice hold two of them", () => {
    const [a, b] = read(
      "](cdatetime\ndatetime\nC\x0a\x07\xea\x0b\x14\x01\x02\x03\x06\xf8\x55\x85Rq\x00h\x00e.",
    ) as Date[];
    a!.setTime(0);
    expect(b!.toISOString()).toBe("2026-11-20T01:02:03.456Z");
    const [c, d] = read("](C\x01aq\x00h\x00e.") as Uint8Array[];
    c![0] = 0;
    expect(d).toStrictEqual(Uint8Array.of(0x61));
  });

  test("that change after a set was made of them do not change the set", () => {
    expect(read("cbuiltins\nset\n]q\x00K\x01a\x85R\x85h\x00K\x02a0.")).toStrictEqual(
      new Tuple([new Set([1])]),
    );
  });

  test.each([
    ["a list as a key", "}]Ns."],
    ["a dict in a tuple as a key", "}}\x85Ns."],
    ["a list in a set", "\x8f(]\x90."],
    ["a set in a frozenset", "(\x8f\x91."],
    ["a bytearray as a key", "}\x96\x00\x00\x00\x00\x00\x00\x00\x00Ns."],
    ["a key without a value", "}(Nu."],
    ["a key without a value in DICT", "(Nd."],
    ["items of a list added to a dict", "}(Ne."],
    ["items of a dict added to a list", "](NNu."],
    ["items of a set added to a frozenset", "(\x91(N\x90."],
    ["an item added to a tuple", ")Na."],
  ])("are refused: %s", (_, pickle) => {
    expect(() => read(pickle)).toThrow(MalformedError);
  });

  test("may be nested 256 levels deep", () => {
    const nested = (levels: number) => `${"]".repeat(levels)}${"a".repeat(levels - 1)}.`;
    expect(JSON.stringify(read(nested(256)))).toBe("[".repeat(256) + "]".repeat(256));
    expect(() => read(nested(257))).toThrow("deeper than 256 levels");
    // 200 levels, which stand at level 100 again.
    expect(() =>
      read(`](${"]".repeat(200)}${"a".repeat(199)}q\x00${"]".repeat(99)}h\x00${"a".repeat(99)}e.`),
    ).toThrow("deeper than 256 levels");
  });
});

describe("the machine", () => {
  test.each<[string, string, unknown]>([
    ["DUP", "](K\x012e.", [1, 1]],
    ["POP", "](K\x01K\x020e.", [1]],
    ["POP takes a mark that has nothing above it", "](K\x01(0e.", [1]],
    ["POP_MARK", "](K\x01(K\x02K\x031e.", [1]],
    ["PUT and GET", "](Va\np7\ng7\ne.", ["a", "a"]],
    ["LONG_BINPUT and LONG_BINGET", "](U\x01ar\x07\x01\x00\x00j\x07\x01\x00\x00e.", ["a", "a"]],
    ["MEMOIZE counts what is remembered", "](U\x01aq\x00q\x05\x94h\x02e.", ["a", "a"]],
    ["PROTO and FRAME", "\x80\x05\x95\x02\x00\x00\x00\x00\x00\x00\x00N.", null],
  ])("%s", (_, pickle, value) => {
    expect(read(pickle)).toStrictEqual(value);
  });

  test.each([
    ["nothing", "", "is cut short"],
    ["no STOP", "N", "is cut short"],
    ["no value", ".", "is not one value"],
    ["two values", "NN.", "is not one value"],
    ["a mark at the end", "N(.", "is not one value"],
    ["bytes after the end", "N.N", "goes on after its end"],
    ["protocol 6", "\x80\x06N.", "has a protocol above 5"],
    ["a frame that is longer than the pickle", "\x95\x03\x00\x00\x00\x00\x00\x00\x00N.", "is cut short"],
    [
      "an opcode that goes beyond its frame",
      "\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00M\x01\x00.",
      "goes beyond the end of its frame",
    ],
    [
      "a frame in a frame",
      "\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x95\x02\x00\x00\x00\x00\x00\x00\x00N.",
      "has a frame in a frame",
    ],
    ["an unknown opcode", "\xffN.", "has an opcode that does not exist"],
    ["a value from below a mark", "](a.", "takes values that it has not made"],
    ["items from below a mark", "N(\x85.", "takes values that it has not made"],
    ["an end without a mark", "Ne.", "ends what it has not begun"],
    ["GET of what is unknown", "h\x00.", "refers to what it has not remembered"],
    ["PUT of nothing", "q\x00N.", "takes values that it has not made"],
    ["PUT by a word", "Npx\n.", "counts what it remembers in other ways than digits"],
    ["PUT at a place far off", "Nr\xff\xff\xff\xff.", "remembers more than it can make"],
    ["a line that does not end", "I5", "is cut short"],
  ])("refuses %s", (_, pickle, problem) => {
    expect(() => read(pickle)).toThrow(new MalformedError(`The pickle ${problem}.`));
  });
});

import { deepStrictEqual } from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../errors.ts";
import { Markup, PyDate, PyDatetime, PyDecimal, PyTimedelta, Tuple, Uuid } from "../python-values.ts";
import { readPickle } from "./read.ts";

/** A pickle that is written as a string of the same bytes. */
function read(bytes: string): unknown {
  return readPickle(Buffer.from(bytes, "latin1"));
}

describe("known classes", () => {
  const state = "C\x0a\x07\xea\x0b\x14\x01\x02\x03\x06\xf8\x55";
  const zone = (days: string, seconds: string, microseconds = "K\x00") =>
    `cdatetime\ntimezone\ncdatetime\ntimedelta\n${days}${seconds}${microseconds}\x87R\x85R`;
  const uuid = "cuuid\nUUID\n)\x81}";

  test.each<[string, string, unknown]>([
    [
      "a naive datetime",
      `cdatetime\ndatetime\n${state}\x85R.`,
      new PyDatetime(Date.UTC(2026, 10, 20, 1, 2, 3, 456), 789),
    ],
    [
      "a datetime east of UTC",
      `cdatetime\ndatetime\n${state}${zone("K\x00", "M\x20\x1c")}\x86R.`,
      new PyDatetime(Date.UTC(2026, 10, 19, 23, 2, 3, 456), 789, 7200),
    ],
    [
      "a datetime west of UTC",
      `cdatetime\ndatetime\n${state}${zone("J\xff\xff\xff\xff", "J\x50\x27\x01\x00")}\x86R.`,
      new PyDatetime(Date.UTC(2026, 10, 20, 4, 2, 3, 456), 789, -10800),
    ],
    [
      "a datetime in UTC, for which a Date is enough",
      `cdatetime\ndatetime\nC\x0a\x07\xea\x0b\x14\x01\x02\x03\x00\x03\xe8${zone("K\x00", "K\x00")}\x86R.`,
      new Date(Date.UTC(2026, 10, 20, 1, 2, 3, 1)),
    ],
    [
      "the second of two equal times",
      "cdatetime\ndatetime\nC\x0a\x07\xea\x8b\x14\x01\x02\x03\x00\x00\x00\x85R.",
      new PyDatetime(Date.UTC(2026, 10, 20, 1, 2, 3), 0, undefined, 1),
    ],
    ["the first date", "cdatetime\ndate\nC\x04\x00\x01\x01\x01\x85R.", new PyDate("0001-01-01")],
    ["a leap day", "cdatetime\ndate\nC\x04\x07\xd0\x02\x1d\x85R.", new PyDate("2000-02-29")],
    [
      "a timedelta",
      "cdatetime\ntimedelta\nJ\xff\xff\xff\xffK\x01K\x02\x87R.",
      new PyTimedelta(-86_398_999_998n),
    ],
    ["a decimal", "cdecimal\nDecimal\nU\x041.50\x85R.", new PyDecimal("1.50")],
    ["markup", "cmarkupsafe\nMarkup\nU\x03<b>\x85\x81.", new Markup("<b>")],
    [
      "markup in protocol 0",
      "ccopy_reg\n_reconstructor\n(cmarkupsafe\nMarkup\nc__builtin__\nunicode\nV<b>\ntR.",
      new Markup("<b>"),
    ],
    ["a UUID", `${uuid}(U\x03intK\x05ub.`, new Uuid("00000000000000000000000000000005")],
    [
      "a UUID that knows how it was made",
      `${uuid}(U\x03int\x8a\x11${"\xff".repeat(16)}\x00U\x07is_safeJ\xff\xff\xff\xffub.`,
      new Uuid("f".repeat(32)),
    ],
    [
      "a UUID in protocol 0",
      "ccopy_reg\n_reconstructor\n(cuuid\nUUID\nc__builtin__\nobject\nNtR(dVint\nL5L\nsb.",
      new Uuid("00000000000000000000000000000005"),
    ],
    [
      "a UUID that is referred to before it has its number",
      "cuuid\nUUID\n)\x81q\x00}U\x03intK\x05sbh\x00\x86.",
      new Tuple([new Uuid("00000000000000000000000000000005"), new Uuid("00000000000000000000000000000005")]),
    ],
  ])("%s", (_, pickle, value) => {
    deepStrictEqual(read(pickle), value);
  });

  test.each([
    ["a datetime of text", `cdatetime\ndatetime\nU\x0a0123456789\x85R.`],
    [
      "a datetime of a bytearray",
      `cdatetime\ndatetime\n\x96\x0a\x00\x00\x00\x00\x00\x00\x00\x07\xea\x0b\x14\x01\x02\x03\x00\x00\x00\x85R.`,
    ],
    ["a datetime of too few bytes", "cdatetime\ndatetime\nC\x09\x07\xea\x0b\x14\x01\x02\x03\x00\x00\x85R."],
    ["a datetime of ints", "cdatetime\ndatetime\nM\xea\x07K\x01K\x01\x87R."],
    ["a datetime in the year 0", "cdatetime\ndatetime\nC\x0a\x00\x00\x0b\x14\x01\x02\x03\x00\x00\x00\x85R."],
    [
      "a datetime in the year 10000",
      "cdatetime\ndatetime\nC\x0a\x27\x10\x0b\x14\x01\x02\x03\x00\x00\x00\x85R.",
    ],
    ["a 31st of November", "cdatetime\ndatetime\nC\x0a\x07\xea\x0b\x1f\x01\x02\x03\x00\x00\x00\x85R."],
    ["a month 0", "cdatetime\ndatetime\nC\x0a\x07\xea\x00\x14\x01\x02\x03\x00\x00\x00\x85R."],
    ["an hour 24", "cdatetime\ndatetime\nC\x0a\x07\xea\x0b\x14\x18\x02\x03\x00\x00\x00\x85R."],
    ["a minute 60", "cdatetime\ndatetime\nC\x0a\x07\xea\x0b\x14\x01\x3c\x03\x00\x00\x00\x85R."],
    ["a second 60", "cdatetime\ndatetime\nC\x0a\x07\xea\x0b\x14\x01\x02\x3c\x00\x00\x00\x85R."],
    ["a million microseconds", "cdatetime\ndatetime\nC\x0a\x07\xea\x0b\x14\x01\x02\x03\x0f\x42\x40\x85R."],
    ["a datetime with None as its zone", `cdatetime\ndatetime\n${state}N\x86R.`],
    [
      "a datetime with a timedelta as its zone",
      `cdatetime\ndatetime\n${state}cdatetime\ntimedelta\nK\x00K\x00K\x00\x87R\x86R.`,
    ],
    ["a zone of a day", `cdatetime\ndatetime\n${state}${zone("K\x01", "K\x00")}\x86R.`],
    ["a zone of microseconds", `cdatetime\ndatetime\n${state}${zone("K\x00", "K\x00", "K\x01")}\x86R.`],
    [
      "a zone with a name",
      `cdatetime\ndatetime\n${state}cdatetime\ntimezone\ncdatetime\ntimedelta\nK\x00K\x00K\x00\x87RU\x03CET\x86R\x86R.`,
    ],
    ["a zone by itself", `${zone("K\x00", "K\x00")}.`],
    ["a 29th of February in another year", "cdatetime\ndate\nC\x04\x07\xd1\x02\x1d\x85R."],
    ["a date of three bytes", "cdatetime\ndate\nC\x03\x07\xd1\x02\x85R."],
    ["a timedelta of a bool", "cdatetime\ntimedelta\nI01\nK\x00K\x00\x87R."],
    ["a timedelta of a float", "cdatetime\ntimedelta\nF1.0\nK\x00K\x00\x87R."],
    ["a timedelta of negative seconds", "cdatetime\ntimedelta\nK\x01J\xff\xff\xff\xffK\x00\x87R."],
    ["a timedelta of days alone", "cdatetime\ntimedelta\nK\x01\x85R."],
    ["a timedelta beyond Python's", "cdatetime\ntimedelta\nJ\x00\xca\x9a\x3bK\x00K\x00\x87R."],
    ["a decimal of an int", "cdecimal\nDecimal\nK\x01\x85R."],
    ["a decimal of a word", "cdecimal\nDecimal\nU\x03one\x85R."],
    ["a decimal beyond Python's", "cdecimal\nDecimal\nU\x151E9999999999999999999\x85R."],
    ["markup of bytes", "cmarkupsafe\nMarkup\nC\x01a\x85\x81."],
    ["markup that is called", "cmarkupsafe\nMarkup\nU\x01a\x85R."],
    ["a UUID that is called", "cuuid\nUUID\nU\x20" + "0".repeat(32) + "\x85R."],
    ["a UUID without a state", "cuuid\nUUID\n)\x81."],
    ["a UUID with an empty state", `${uuid}b.`],
    ["a UUID of text", `${uuid}U\x03intU\x015sb.`],
    ["a UUID of a float", `${uuid}U\x03intF5.0\nsb.`],
    ["a UUID below 0", `${uuid}U\x03intI-1\nsb.`],
    ["a UUID of 129 bits", `${uuid}U\x03int\x8a\x11${"\x00".repeat(16)}\x01sb.`],
    ["a UUID with another key", `${uuid}(U\x03intK\x05U\x03hexNub.`],
    ["a UUID with three keys", `${uuid}(U\x03intK\x05U\x07is_safeK\x00U\x01aNub.`],
    ["a UUID with two states", `${uuid}U\x03intK\x05sb}U\x03intK\x06sb.`],
    ["a UUID whose state is no dict", "cuuid\nUUID\n)\x81Nb."],
    ["a state for a dict", "}}b."],
    ["a state for markup", "cmarkupsafe\nMarkup\nU\x01a\x85\x81}b."],
    [
      "an object reconstructed from another base",
      "ccopy_reg\n_reconstructor\n(cuuid\nUUID\nc__builtin__\nunicode\nNtR}U\x03intK\x05sb.",
    ],
    ["an object itself", "cbuiltins\nobject\n)\x81."],
    ["a class as a value", "cuuid\nUUID\n."],
    ["a class as a key", "}cuuid\nUUID\nNs."],
    ["bytes of a list of ints", "cbuiltins\nbytes\n](K\x01e\x85R."],
    ["a bytearray of a length", "cbuiltins\nbytearray\nK\x05\x85R."],
    ["a bytearray in another encoding", "cbuiltins\nbytearray\nU\x01aU\x05utf-8\x86R."],
    ["text encoded otherwise", "c_codecs\nencode\nU\x01aU\x05utf-8\x86R."],
    ["text encoded that is not Latin-1", "c_codecs\nencode\nV\\u0100\nVlatin1\n\x86R."],
    ["bytes encoded", "c_codecs\nencode\nC\x01aU\x06latin1\x86R."],
    ["a set of text", "cbuiltins\nset\nU\x01a\x85R."],
    ["a dict in order with arguments", "ccollections\nOrderedDict\n]\x85R."],
    ["arguments that are no tuple", "cdecimal\nDecimal\nU\x011R."],
    ["a call of a value", "N)R."],
    ["a class named by bytes", "C\x04uuidC\x04UUID\x93)\x81."],
    ["the name of Python 3 for a class of Python 2", "cbuiltins\nunicode\n."],
  ])("are refused where Python never writes them: %s", (_, pickle) => {
    expect(() => read(pickle)).toThrow(MalformedError);
  });
});

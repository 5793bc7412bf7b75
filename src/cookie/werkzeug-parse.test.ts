import { describe, expect, test } from "vitest";
import { vectors } from "../../test/support/vectors.ts";
import { MalformedError } from "../errors.ts";
import {
  parseWerkzeugCookie,
  type ParseWerkzeugCookieOptions,
  type WerkzeugVersion,
} from "./werkzeug-parse.ts";

type Pairs = [name: string, value: string][];

interface Outcome {
  request_cookies: Pairs;
  parse_cookie: Pairs | { error: "UnicodeDecodeError" };
}

interface ParseVector extends Outcome {
  id: string;
  cookie_latin1: string;
  werkzeug_3_1_8?: Outcome;
  werkzeug_2_2_2?: Outcome;
}

const all = vectors<ParseVector>("werkzeug_parse");

// Where an older version's outcome is missing it equals the newest one's.
const OUTCOMES: [WerkzeugVersion, (vector: ParseVector) => Outcome][] = [
  ["3.1.9", (vector) => vector],
  ["2.3", (vector) => vector.werkzeug_3_1_8 ?? vector],
  ["2.2", (vector) => vector.werkzeug_2_2_2 ?? vector],
];

describe.each(OUTCOMES)("as Werkzeug %s", (version, outcomeOf) => {
  test.each(all.map((vector) => [vector.id, vector] as const))("reads %s", (_, vector) => {
    const expected = outcomeOf(vector);
    expect(pairs(vector.cookie_latin1, { version })).toEqual(expected.request_cookies);
    const utf8 = (): Pairs => pairs(vector.cookie_latin1, { version, utf8: true });
    if (Array.isArray(expected.parse_cookie)) expect(utf8()).toEqual(expected.parse_cookie);
    else expect(utf8).toThrow(MalformedError);
  });
});

describe("parseWerkzeugCookie", () => {
  test("reads as 3.1.9 unless told otherwise", () => {
    expect(pairs("a=b c; d=1")).toEqual([["d", "1"]]);
    expect(pairs("a=b c; d=1", { version: "2.3" })).toEqual([
      ["a", "b c"],
      ["d", "1"],
    ]);
  });

  test("joins several headers", () => {
    expect(pairs(["a=1", "b=2; a=3"])).toEqual([
      ["a", "1"],
      ["a", "3"],
      ["b", "2"],
    ]);
  });

  test("reads nothing from no header", () => {
    for (const header of [undefined, null, "", []]) expect(parseWerkzeugCookie(header).size).toBe(0);
  });

  test("lets a quoted value swallow the cookies in it, as Werkzeug does and browsers do not", () => {
    expect(pairs('a="q; session=x; z"')).toEqual([["a", "q; session=x; z"]]);
  });

  test("takes a character that is no byte for a question mark in 2.2, and refuses it as UTF-8", () => {
    expect(pairs("a=漢", { version: "2.2" })).toEqual([["a", "?"]]);
    expect(() => pairs("a=漢", { utf8: true })).toThrow(MalformedError);
  });
});

function pairs(
  header: Parameters<typeof parseWerkzeugCookie>[0],
  options?: ParseWerkzeugCookieOptions,
): Pairs {
  const cookies = parseWerkzeugCookie(header, options);
  return [...cookies].flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
}

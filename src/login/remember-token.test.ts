import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes, type VectorBytes, vectors } from "../../test/support/vectors.ts";
import { dumpCookie, parseWerkzeugCookie } from "../cookie/index.ts";
import { ConfigError } from "../errors.ts";
import { decodeCookie, encodeCookie } from "./remember-token.ts";

interface Encoding {
  id: string;
  kind: string;
  secret: VectorBytes;
  user_id: string;
  value?: string;
  set_cookie_pair?: string;
  error?: string;
}

interface Decoding {
  id: string;
  kind: string;
  secret: VectorBytes;
  value: string;
  user_id: string | null;
}

const all = vectors<Encoding & Decoding>("flask_login");
const encodings: Encoding[] = all.filter(({ kind }) => kind === "encode_cookie");
const decodings: Decoding[] = all.filter(({ kind }) => kind === "decode_cookie");

describe("Flask-Login's remember_token", () => {
  test("the vectors are there", () => {
    expect([encodings.length, decodings.length]).toEqual([74, 9]);
  });

  test.each(encodings.filter(({ error }) => error === undefined))(
    "$id is written byte for byte, and read",
    ({ secret, user_id: id, value, set_cookie_pair: pair }) => {
      const key = "utf8" in secret ? secret.utf8 : bytes(secret);
      expect(encodeCookie(id, key)).toBe(value);
      expect(decodeCookie(value!, key)).toBe(id);
      const header = dumpCookie("remember_token", value).split("; Path=")[0]!;
      expect(header).toBe(pair);
      // Werkzeug leaves these bytes unescaped, and no browser keeps such a cookie.
      if (!/[\x1a-\x1f]/.test(value!))
        expect(parseWerkzeugCookie(header).get("remember_token")).toEqual([value]);
    },
  );

  // A key outside of Latin-1: Python raises UnicodeEncodeError at the first cookie, here it is an error that says what to do.
  test.each(encodings.filter(({ error }) => error !== undefined))(
    "$id is refused, as in Python",
    ({ secret, user_id: id, error }) => {
      expect(error).toBe("UnicodeEncodeError");
      const key = (secret as { utf8: string }).utf8;
      expect(() => encodeCookie(id, key)).toThrow(ConfigError);
      expect(() => decodeCookie("1|2", key)).toThrow(/Latin-1/);
    },
  );

  test.each(decodings)("$id is read as in Python", ({ secret, value, user_id: id }) => {
    expect(decodeCookie(value, bytes(secret))).toBe(id ?? undefined);
  });

  test("a digest that Python cannot even compare is no digest", () => {
    expect(decodeCookie("1|é", "dev")).toBeUndefined();
    expect(decodeCookie(`1|${"é".repeat(128)}`, "dev")).toBeUndefined();
  });

  test("a lone surrogate is refused, where Python raises", () => {
    expect(() => encodeCookie("\ud800", "dev")).toThrow(TypeError);
  });

  test("whatever is changed in a cookie, it is refused", () => {
    const good = encodeCookie("42", "dev");
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, char) => {
        const bad = good.slice(0, at) + char + good.slice(at + 1);
        return bad === good || decodeCookie(bad, "dev") === undefined;
      }),
    );
  });
});

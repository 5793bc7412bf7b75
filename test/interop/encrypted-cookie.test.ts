import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { createSessions, encryptedCookie } from "hipflask";
import { EncryptedCookie } from "hipflask/codec";
import { parseCookie } from "hipflask/cookie";
import { cookieFor } from "hipflask/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/provisioned.ts";
import { PythonLines } from "../support/python-lines.ts";
import { vectors } from "../support/vectors.ts";
import { KEY, OTHER_KEY } from "../support/visitor.ts";

/** What encrypted_cookie.py can be asked. */
interface Questions {
  open(question: {
    secretKey: string;
    application: string;
    name: string;
    values: readonly string[];
  }): { json: string; signedAt: number } | null;
}

interface Vector {
  readonly id: string;
  readonly secretKey: string;
  readonly application: string;
  readonly name: string;
  /** Seconds since 1970. */
  readonly signedAt: number;
  readonly json: string;
}

describeWith("cryptography", "encrypted cookies, read by Python", () => {
  let python: PythonLines<Questions>;
  beforeAll(() => {
    python = new PythonLines(fileURLToPath(new URL("encrypted_cookie.py", import.meta.url)));
  });
  afterAll(() => python.stop());

  test("sessions of every kind", async () => {
    const sessions = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    await fc.assert(
      fc.asyncProperty(
        sessions,
        fc.constantFrom("session", "__Host-session"),
        fc.constantFrom("", "shop"),
        fc.nat(2 ** 40 - 1),
        async (data, name, application, signedAt) => {
          const codec = new EncryptedCookie([KEY], { application });
          const json = codec.stringify(data);
          const value = codec.sealAt(json, name, signedAt);
          const asked = { secretKey: KEY, application, name, values: [value] };
          expect(await python.ask("open", asked)).toEqual({ json, signedAt });
        },
      ),
    );
  });

  test("the published vectors", async () => {
    const page = readFileSync(new URL("../../docs/encrypted-cookie.md", import.meta.url), "utf8");
    const whole = JSON.parse(/```json\n(.*?)```/s.exec(page)![1]!) as (Vector & { value: string })[];
    const cut = vectors<Vector & { cookies: Record<string, string> }>("encrypted_cookie_chunks");
    for (const { json, signedAt, value, ...vector } of whole)
      expect(await python.ask("open", { ...vector, values: [value] })).toEqual({ json, signedAt });
    for (const { json, signedAt, cookies, ...vector } of cut)
      expect(await python.ask("open", { ...vector, values: Object.values(cookies) })).toEqual({
        json,
        signedAt,
      });
  });

  test("what is not genuine is none there either", async () => {
    const codec = new EncryptedCookie([KEY]);
    const value = codec.seal('{"a":1}', "session");
    const asked = { secretKey: KEY, application: "", name: "session", values: [value] };
    expect(await python.ask("open", asked)).toMatchObject({ json: '{"a":1}' });
    for (const other of [
      { name: "__Host-session" },
      { application: "shop" },
      { secretKey: OTHER_KEY },
      { values: [`${value.slice(0, 60)}A${value.slice(61)}`] },
    ]) {
      if (JSON.stringify({ ...asked, ...other }) === JSON.stringify(asked)) continue;
      expect(await python.ask("open", { ...asked, ...other })).toBeNull();
    }
  });

  test("sessions in several cookies, whole or not at all", async () => {
    const storage = encryptedCookie({ maxCookies: 4 });
    const sessions = createSessions<{ text: string }>({ secretKey: KEY, storage });
    for (const length of [3000, 4000, 7000, 12_000]) {
      const data = { text: "x".repeat(length) };
      const cookie = await cookieFor(sessions, data, { url: "https://example.com" });
      const [values, names] = [[...parseCookie(cookie).values()], [...parseCookie(cookie).keys()]];
      expect(names).toEqual(
        ["", ".2", ".3", ".4"].slice(0, names.length).map((end) => `__Host-session${end}`),
      );
      const asked = { secretKey: KEY, application: "", name: "__Host-session", values };
      const { json } = (await python.ask("open", asked))!;
      expect(JSON.parse(json)).toMatchObject(data);
      if (values.length === 1) continue;
      const others = [values.slice(1), values.slice(0, -1), values.toReversed(), [...values, values.at(-1)!]];
      for (const wrong of others) expect(await python.ask("open", { ...asked, values: wrong })).toBeNull();
    }
  });
});

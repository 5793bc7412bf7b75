import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { EncryptedCookie } from "hipflask/codec";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/provisioned.ts";
import { PythonLines } from "../support/python-lines.ts";
import { KEY, OTHER_KEY } from "../support/visitor.ts";

/** What encrypted_cookie.py can be asked. */
interface Questions {
  open(question: {
    secretKey: string;
    application: string;
    name: string;
    value: string;
  }): { json: string; signedAt: number } | null;
}

describeWith("cryptography", "encrypted cookies, read by 60 lines of Python", () => {
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
          expect(await python.ask("open", { secretKey: KEY, application, name, value })).toEqual({
            json,
            signedAt,
          });
        },
      ),
    );
  });

  test("what is not genuine is none there either", async () => {
    const codec = new EncryptedCookie([KEY]);
    const value = codec.seal('{"a":1}', "session");
    const asked = { secretKey: KEY, application: "", name: "session", value };
    expect(await python.ask("open", asked)).toMatchObject({ json: '{"a":1}' });
    for (const other of [
      { name: "__Host-session" },
      { application: "shop" },
      { secretKey: OTHER_KEY },
      { value: `${value.slice(0, 60)}A${value.slice(61)}` },
    ]) {
      if (JSON.stringify({ ...asked, ...other }) === JSON.stringify(asked)) continue;
      expect(await python.ask("open", { ...asked, ...other })).toBeNull();
    }
  });
});

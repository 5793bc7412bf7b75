import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cli } from "../../../test/support/cli.ts";
import { splitIntoChunks } from "../../cookie/chunks.ts";
import { cookieFor } from "../../testing/cookie-for.ts";
import { createSessions, encryptedCookie } from "../../session/index.ts";
import { EncryptedCookie, FlaskCookie } from "../../codec/index.ts";
import { Signer, URLSafeTimedSerializer } from "../../signer/index.ts";
import { encodeCookie } from "../../login/remember-token.ts";
import { vectors } from "../../../test/support/vectors.ts";

const KEY = "sk1_9Jk2vQpXwZr8Tn4Lh6YbUc3mDs7Fg1Ae5Ro0Ti2Wx4Q";
const OTHER = "sk1_0000vQpXwZr8Tn4Lh6YbUc3mDs7Fg1Ae5Ro0Ti2Wx4Q";
const NOW = Math.floor(Date.now() / 1000);
const at = (seconds: number) => ({ now: () => seconds * 1000 });
const env = { SECRET_KEY: KEY, SECRET_KEY_FALLBACKS: OTHER };

interface Report {
  name?: string;
  format: string | null;
  good: boolean | null;
  verdict: string;
  key?: string;
  made?: number;
  age?: number;
  ends?: number;
  readable: string;
  facts: Record<string, unknown>;
  content?: unknown;
}

async function report(
  command: "decode" | "verify",
  cookie: string,
  args: string[] = [],
  options = { env } as Parameters<typeof cli>[1],
) {
  const { code, out, err } = await cli([command, "--json", ...args, "--", cookie], options);
  return { code, err, out, cookies: (out === "" ? [] : JSON.parse(out)) as Report[] };
}

const flask = (data: object, key = KEY, made = NOW) => {
  const codec = new FlaskCookie(key, { clock: at(made) });
  return codec.seal(codec.stringify({ ...data }));
};

describe("decode tells the format, the age, who can read it, and what it holds", () => {
  const encrypted = new EncryptedCookie([KEY]).seal('{"user":1}', "session");
  test.each<[string, string, string, Partial<Report>]>([
    [
      "Flask's",
      flask({ user: 1 }),
      "Flask's session cookie",
      { content: { user: 1 }, age: expect.any(Number) as never },
    ],
    [
      "Flask's, compressed",
      flask({ text: "ab".repeat(2000) }),
      "Flask's session cookie",
      { content: { text: "ab".repeat(2000) } },
    ],
    [
      "Flask-WTF's",
      new URLSafeTimedSerializer(KEY, { salt: "wtf-csrf-token" }).dumps("f00"),
      "Flask-WTF's CSRF token",
      { content: "f00" },
    ],
    [
      "itsdangerous'",
      new URLSafeTimedSerializer(KEY).dumps([1]),
      "a timed token of itsdangerous'",
      { content: [1] },
    ],
    [
      "ours",
      encrypted,
      "hipflask's encrypted cookie",
      {
        content: { user: 1 },
        facts: { version: 1, algorithm: "XAES-256-GCM", "key ID": expect.stringMatching(/^[0-9a-f]{8}$/) },
      },
    ],
    ["Flask-Login's", encodeCookie("42", KEY), "Flask-Login's remember_token", { content: { user: "42" } }],
    [
      "Flask-Session's",
      new Signer(KEY, { salt: "flask-session", keyDerivation: "hmac" }).sign("c2Vzc2lvbg"),
      "Flask-Session's signed ID",
      {},
    ],
  ])("%s", async (_, value, format, rest) => {
    const { code, cookies } = await report("decode", value);
    expect(code).toBe(0);
    expect(cookies).toEqual([expect.objectContaining({ format, good: true, key: "SECRET_KEY", ...rest })]);
    expect((await report("verify", value)).code).toBe(0);
    const [last, other] = value.endsWith("A") ? ["A", "E"] : [value.at(-1)!, "A"];
    expect((await report("verify", value.slice(0, -last.length) + other)).code).toBe(1);
  });

  type Foreign = {
    id: string;
    library: string;
    name: string;
    value: string;
    beside?: Record<string, string>;
    content: unknown;
    key: string;
  };
  test.each(vectors<Foreign>("foreign_cookies"))(
    "$id",
    async ({ library, name, value, beside = {}, content, key }) => {
      const all = Object.entries({ theme: "dark", [name]: value, ...beside });
      const header = `Cookie: ${all.map((pair) => pair.join("=")).join("; ")}`;
      // Only boxes of libsodium's need its library, which is another package of the project's.
      const isBox = library === "@fastify/secure-session";
      const { code, err, cookies } = await report("verify", header, ["-k", OTHER, "-k", key], {});
      if (isBox) {
        expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("npm install sodium-native") });
        return;
      }
      const found = cookies.find((cookie) => cookie.name === name);
      expect({ code, found }).toEqual({
        code: 0,
        found: expect.objectContaining({ good: true, key: "key 2", content }),
      });
      expect((await report("verify", header, ["-k", OTHER], {})).code).toBe(1);
    },
  );

  test("JSON that nobody signed, and IDs: there is nothing to check", async () => {
    const id = `${"a".repeat(43)}.${"b".repeat(22)}`;
    const { cookies, code } = await report(
      "decode",
      `a=${encodeURIComponent('{"b":1}')}; sid=${id}; x=1; y=""`,
    );
    expect(code).toBe(0);
    expect(cookies).toMatchObject([
      { name: "a", format: "JSON without a signature", good: null, content: { b: 1 } },
      { name: "sid", good: null, facts: { handle: expect.stringMatching(/^[\w-]{43}\.b{22}$/) } },
      { name: "x", format: null },
      { name: "y", format: null },
    ]);
    expect(cookies[1]!.facts["handle"]).not.toContain("aaa");
    expect((await report("verify", `sid=${id}`)).code).toBe(1);
  });

  test("a JWT that says it needs no signature is bad, whatever the key", async () => {
    const token = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"sub":"1"}').toString("base64url")}.`;
    expect(await report("decode", token)).toMatchObject({
      code: 1,
      cookies: [{ good: false, content: { sub: "1" } }],
    });
  });
});

describe("which key, and when", () => {
  test("names the key by where it is, and shows none", async () => {
    const { out } = await cli(["decode", "--", flask({ a: 1 }, OTHER)], { env });
    expect(out).toContain("made with SECRET_KEY_FALLBACKS");
    expect(out).not.toContain(OTHER);
    const both = { SECRET_KEY_FALLBACKS: `${KEY},${OTHER}` };
    expect((await report("decode", flask({}, OTHER), [], { env: both })).cookies[0]!.key).toBe(
      "SECRET_KEY_FALLBACKS, key 2",
    );
  });

  test("reads keys from a file of variables", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "hipflask-cli-"));
    try {
      await writeFile(join(cwd, ".env"), `JWT_KEY="${KEY}"\n`);
      expect(await report("verify", flask({}), ["-f", ".env", "-n", "JWT_KEY"], { cwd })).toMatchObject({
        code: 0,
        cookies: [{ key: "JWT_KEY" }],
      });
      expect((await report("verify", flask({}), ["-f", ".env"], { cwd })).code).toBe(2);
    } finally {
      await rm(cwd, { recursive: true });
    }
  });

  test("without a key nothing is vouched for, and verify refuses", async () => {
    expect(await report("decode", flask({ a: 1 }), [], {})).toMatchObject({
      code: 0,
      cookies: [{ good: null, content: { a: 1 } }],
    });
    expect(await report("verify", flask({ a: 1 }), [], {})).toMatchObject({
      code: 2,
      err: expect.stringContaining("--key"),
    });
  });

  test("what is too old, from the future, or ended is bad", async () => {
    const old = flask({ a: 1 }, KEY, NOW - 100);
    expect((await report("verify", old, ["--max-age", "3600"])).code).toBe(0);
    expect(await report("verify", old, ["--max-age", "99"])).toMatchObject({
      code: 1,
      cookies: [{ verdict: expect.stringContaining("older") }],
    });
    expect(await report("verify", flask({}, KEY, NOW + 100))).toMatchObject({
      code: 1,
      cookies: [{ verdict: expect.stringContaining("future") }],
    });
    expect((await report("verify", old, ["--max-age", "soon"])).code).toBe(2);
  });

  test("an encrypted cookie of another name, application or key says which of them it may be", async () => {
    const sealed = new EncryptedCookie([KEY], { application: "shop" }).seal('{"a":1}', "sid");
    const verify = (cookie: string, ...args: string[]) => report("verify", cookie, args);
    expect((await verify(`sid=${sealed}`, "--application", "shop")).code).toBe(0);
    expect((await verify(sealed, "--application", "shop", "--cookie", "sid")).code).toBe(0);
    for (const wrong of [await verify(`sid=${sealed}`), await verify(sealed, "--application", "shop")])
      expect(wrong).toMatchObject({
        code: 1,
        cookies: [{ verdict: expect.stringContaining("another name") }],
      });
    expect((await report("verify", `sid=${sealed}`, ["-k", OTHER])).cookies[0]!.verdict).toContain(
      "did not make it",
    );
  });

  test("an encrypted cookie in chunks is read whole, or called what it lacks", async () => {
    const value = new EncryptedCookie([KEY]).seal(`{"text":"${"x".repeat(6000)}"}`, "sid");
    const chunks = splitIntoChunks("sid", value).map(
      (chunk, i) => `sid${i === 0 ? "" : `.${i + 1}`}=${chunk}`,
    );
    expect(chunks.length).toBeGreaterThan(1);
    expect(await report("verify", chunks.join("; "))).toMatchObject({
      code: 0,
      cookies: chunks.map((_, i) => (i === 0 ? { good: true } : { good: null })),
    });
    expect((await report("verify", chunks[0]!)).cookies[0]!.verdict).toContain("missing");
  });
});

describe("what is given", () => {
  test.each([
    ["a value", (value: string) => value, undefined],
    ["a pair", (value: string) => `session=${value}`, "session"],
    [
      "a Cookie header, with blanks and a line's end",
      (value: string) => ` cookie:  session=${value}\r\n`,
      "session",
    ],
    ["a Set-Cookie header", (value: string) => `Set-Cookie: session=${value}; Path=/; HttpOnly`, "session"],
  ])("%s", async (_, make, name) => {
    const given = make(flask({ a: 1 }));
    const fromArgument = await report("verify", given);
    const piped = await cli(["verify", "-", "--json"], { env, stdin: given });
    expect(fromArgument.code).toBe(0);
    expect(fromArgument.cookies).toEqual([expect.objectContaining({ content: { a: 1 } })]);
    expect(fromArgument.cookies[0]!.name).toBe(name);
    expect(piped.code).toBe(0);
  });

  test("what our application really sends", async () => {
    const sessions = createSessions<{ cart?: string[] }>({ secretKey: KEY, storage: encryptedCookie() });
    const header = await cookieFor(sessions, { cart: ["tea"] });
    expect(await report("verify", header)).toMatchObject({
      code: 0,
      cookies: [{ good: true, content: { cart: ["tea"] } }],
    });
  });

  test.each(["", "   ", "Cookie: "])("nothing (%j) is a mistake", async (text) => {
    expect((await report("decode", text)).code).toBe(2);
  });

  test.each([
    "garbage",
    "a.b.c",
    "eyJ.eyJ.",
    "....",
    "s:.",
    "|".repeat(200),
    `x=${"A".repeat(20_000)}`,
    "Fe26.2*1*",
    "e30.awCUAA.x",
  ])("%s is told from a cookie, without a crash", async (text) => {
    const { code, err } = await report("decode", text);
    expect({ code, err }).toEqual({ code: 1, err: "" });
  });

  test("nothing that a terminal would obey comes out", async () => {
    const evil = flask({ a: "\u001b[2J\u009b2J\u202egnp.exe" });
    const json = `x=${encodeURIComponent('["\u009b2J\u202e"]')}`;
    for (const text of [evil, json])
      expect((await cli(["decode", "--", text], { env })).out).not.toMatch(
        /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/,
      );
  });

  test("no number is rounded", async () => {
    const { out } = await cli(["sign", '{"id": 12345678901234567890, "half": 1.0}'], { env });
    const decoded = await cli(["decode", "--json", "--", out.trimEnd()], { env });
    expect(decoded.out).toContain('"half": 1.0,');
    expect(decoded.out).toContain('"id": 12345678901234567890');
  });
});

describe("sign", () => {
  test("reads JSON behind a byte order mark, and verify reads a cookie behind one", async () => {
    const { out } = await cli(["sign", "-"], { env, stdin: '\ufeff{"user_id":1}' });
    expect((await cli(["verify", "-"], { env, stdin: `\ufeff${out}` })).code).toBe(0);
  });

  test("makes what Flask reads, by the vectors of the real one", async () => {
    const { out } = await cli(["sign", "-"], {
      env: { SECRET_KEY: "dev" },
      stdin: '{"_permanent":true,"user_id":1}',
    });
    const [vector] = vectors<{ id: string; cookie: string }>("flask_sessions").filter(
      ({ id }) => id === "edge/flask-tutorial",
    );
    expect(out.split(".")[0]).toBe(vector!.cookie.split(".")[0]);
    expect(new FlaskCookie("dev").open(out.trimEnd(), undefined)).toMatchObject({ data: { user_id: 1 } });
  });

  test("makes what an application with encryptedCookie reads", async () => {
    const { out } = await cli(["sign", '{"cart":["tea"]}', "-s", "encrypted"], { env });
    const sessions = createSessions({ secretKey: KEY });
    const session = await sessions.fromRequest(
      new Request("https://example.com", { headers: { Cookie: `__Host-session=${out.trimEnd()}` } }),
    );
    expect(session.data).toEqual({ cart: ["tea"] });
  });

  test.each([[["sign", "[1]"]], [["sign", "{"]], [["sign", "{}", "-n", "NONE"]]])(
    "refuses %j with 2",
    async (args) => {
      expect(await cli(args, { env })).toMatchObject({ code: 2, out: "" });
    },
  );
});

test("answers with JSON also where a cookie holds what JSON has no word for", async () => {
  const value = new EncryptedCookie([KEY]).seal('{"n":NaN}', "__Host-session");
  const { cookies } = await report("decode", `__Host-session=${value}`);
  expect(cookies[0]?.content).toBe('{"n":NaN}');
});

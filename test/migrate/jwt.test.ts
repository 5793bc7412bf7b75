import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ConfigError, createSessions, type SessionEvent } from "../../src/index.ts";
import { acceptJwt, type AcceptJwtOptions, type JwtAlgorithm } from "../../src/migrate/index.ts";
import { describeInstalled } from "../support/installed.ts";
import { KEY } from "../support/visitor.ts";
import { fetchApp, library, type OldApp } from "./libraries.ts";
import { migrationSuite } from "./suite.ts";

const SECRET = "a secret for tokens that is as long as the longest digest, which has sixty-four bytes";
const OTHER = "another secret for tokens, also as long as the longest digest, which has sixty-four bytes";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A program whose session is a JWT of jose's. */
async function josed(
  alg: string,
  key: KeyObject | Uint8Array,
  publicKey: KeyObject | Uint8Array,
): Promise<OldApp> {
  const { SignJWT, jwtVerify } = await library("jose");
  return fetchApp(async (request) => {
    if (request.method === "GET") {
      const token = request.headers.get("cookie")!.slice("token=".length);
      return Response.json((await jwtVerify(token, publicKey, { algorithms: [alg] })).payload);
    }
    const { userId, ...data } = (await request.json()) as any;
    const sub = userId === undefined ? {} : { sub: userId };
    const token = await new SignJWT({ ...data, ...(userId && { userId }), ...sub })
      .setProtectedHeader({ alg })
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(key);
    return Response.json({}, { headers: { "Set-Cookie": `token=${token}; Path=/; HttpOnly` } });
  });
}

function secretSuite(algorithm: "HS256" | "HS384" | "HS512"): void {
  migrationSuite({
    library: `a JWT of jose's, ${algorithm}`,
    app: () => josed(algorithm, bytes(SECRET), bytes(SECRET)),
    otherKey: () => josed(algorithm, bytes(OTHER), bytes(OTHER)),
    accept: () => acceptJwt({ cookie: "token", algorithm, key: SECRET }),
    ends: 3600,
    permanent: false,
  });
}
secretSuite("HS256");
secretSuite("HS512");

const PAIRS: [JwtAlgorithm, () => { publicKey: KeyObject; privateKey: KeyObject }][] = [
  ["RS256", () => generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ["PS384", () => generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ["ES256", () => generateKeyPairSync("ec", { namedCurve: "P-256" })],
  ["ES512", () => generateKeyPairSync("ec", { namedCurve: "P-521" })],
  ["EdDSA", () => generateKeyPairSync("ed25519")],
];

async function look(options: AcceptJwtOptions, token: string) {
  const sessions = createSessions<Record<string, unknown>>({ secretKey: KEY, accept: [acceptJwt(options)] });
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  const exchange = sessions.open({ cookie: `token=${token}`, host: "example.com", encrypted: true });
  const session = await exchange.session();
  return {
    user: session.user,
    data: { ...session.data },
    isNew: session.new,
    events: events.map(({ type }) => type),
  };
}

describeInstalled("migrate", "A JWT that a private key has signed", () => {
  test.each(PAIRS)("by %s is taken over with its public key, and with no other", async (algorithm, make) => {
    const { publicKey, privateKey } = make();
    const app = await josed(algorithm, privateKey, publicKey);
    const { setCookies } = await app.send("POST", "", { userId: "42", n: 1 });
    const token = /token=([^;]*)/.exec(setCookies[0]!)![1]!;
    expect((await app.send("GET", `token=${token}`)).body).toMatchObject({ sub: "42", n: 1 });
    const options = { cookie: "token", algorithm, key: publicKey };
    expect(await look(options, token)).toMatchObject({
      user: "42",
      data: { n: 1, userId: "42" },
      events: [],
    });
    const other = { ...options, key: make().publicKey };
    expect(await look(other, token)).toMatchObject({ isNew: true, events: ["token.bad_mac"] });
  });
});

/** A token as somebody may make it by hand. */
function handMade(
  header: object,
  claims: unknown,
  secret: string | Uint8Array = SECRET,
  digest = "sha256",
): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac(digest, secret).update(text).digest("base64url")}`;
}

/** The same signature, with other bits where base64url has two to spare. */
function inOtherLetters(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) + 1];
}

const HS256 = { cookie: "token", algorithm: "HS256", key: SECRET } as const;
const NOW = Math.floor(Date.now() / 1000);

describe("A JWT", () => {
  const claims = { sub: "42", theme: "dark", exp: NOW + 60 };

  test.each([["text"], ["a number"]])(
    "gives its subject, %s, and the claims that are not registered",
    async (kind) => {
      const sub = kind === "text" ? "42" : 42;
      expect(await look(HS256, handMade({ alg: "HS256", typ: "JWT" }, { ...claims, sub }))).toEqual({
        user: "42",
        data: { theme: "dark" },
        isNew: false,
        events: [],
      });
    },
  );

  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = pair.publicKey.export({ type: "spki", format: "pem" }) as string;

  test.each<[string, AcceptJwtOptions, string, string]>([
    [
      "alg none, without a signature",
      HS256,
      handMade({ alg: "none" }, claims).replace(/[^.]*$/, ""),
      "token.malformed",
    ],
    ["alg none, with any signature", HS256, handMade({ alg: "none" }, claims, "x"), "token.bad_mac"],
    ["alg none, signed all the same", HS256, handMade({ alg: "none" }, claims), "token.malformed"],
    [
      "another alg by the same secret",
      HS256,
      handMade({ alg: "HS512" }, claims, SECRET, "sha512"),
      "token.bad_mac",
    ],
    ["another alg in its header", HS256, handMade({ alg: "HS384" }, claims), "token.malformed"],
    [
      "the public key taken for a secret",
      { cookie: "token", algorithm: "RS256", key: createPublicKey(pem) },
      handMade({ alg: "HS256" }, claims, pem),
      "token.bad_mac",
    ],
    ["another secret", HS256, handMade({ alg: "HS256" }, claims, OTHER), "token.bad_mac"],
    [
      "an extension that must be understood",
      HS256,
      handMade({ alg: "HS256", crit: ["x"] }, claims),
      "token.malformed",
    ],
    ["an end that is over", HS256, handMade({ alg: "HS256" }, { ...claims, exp: NOW - 1 }), "token.expired"],
    [
      "an end that is no number",
      HS256,
      handMade({ alg: "HS256" }, { ...claims, exp: "soon" }),
      "token.malformed",
    ],
    [
      "a beginning that is to come",
      HS256,
      handMade({ alg: "HS256" }, { ...claims, nbf: NOW + 60 }),
      "token.future",
    ],
    ["claims that are a list", HS256, handMade({ alg: "HS256" }, ["many"]), "token.malformed"],
    ["a signature that is longer", HS256, `${handMade({ alg: "HS256" }, claims)}A`, "token.bad_mac"],
    [
      "a signature in other letters",
      HS256,
      inOtherLetters(handMade({ alg: "HS256" }, claims)),
      "token.malformed",
    ],
    [
      "another purpose",
      { ...HS256, data: ({ purpose }) => (purpose === "session" ? {} : undefined) },
      handMade({ alg: "HS256" }, { ...claims, purpose: "reset" }),
      "token.malformed",
    ],
  ])("with %s is no session and one event", async (_, options, value, type) => {
    expect(await look(options, value)).toEqual({ user: undefined, data: {}, isNew: true, events: [type] });
  });

  test("nested too deeply, or with keys that JavaScript has plans for, does no harm", async () => {
    const deep = `${'{"a":'.repeat(300)}1${"}".repeat(300)}`;
    const parts = (json: string): string => {
      const text = `${Buffer.from('{"alg":"HS256"}').toString("base64url")}.${Buffer.from(json).toString("base64url")}`;
      return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
    };
    expect((await look(HS256, parts(deep))).events).toEqual(["token.malformed"]);
    const odd = await look(HS256, parts('{"__proto__":{"admin":true},"constructor":1,"n":1}'));
    expect(odd.data["n"]).toBe(1);
    expect((odd.data as any).admin).toBeUndefined();
    expect(({} as any).admin).toBeUndefined();
  });

  test.each<[string, object]>([
    ["a public key for a secret", { ...HS256, key: pem }],
    ["no secret", { ...HS256, key: "" }],
    ["a KeyObject that is no secret", { ...HS256, key: pair.publicKey }],
    ["a secret for a public key", { ...HS256, algorithm: "RS256" }],
    ["a key of another kind", { ...HS256, algorithm: "ES256", key: pair.publicKey }],
    [
      "another curve",
      { ...HS256, algorithm: "ES384", key: generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey },
    ],
    ["no algorithm", { ...HS256, algorithm: undefined }],
    ["the algorithm none", { ...HS256, algorithm: "none" }],
    ["an algorithm of Object's", { ...HS256, algorithm: "toString" }],
    ["no cookie", { ...HS256, cookie: undefined }],
  ])("is not accepted with %s", (_, options) => {
    expect(() => acceptJwt(options as AcceptJwtOptions)).toThrow(ConfigError);
  });
});

test.each([false, 0, "", null, undefined, "no session"])(
  "A JWT of which the application makes %j is no session",
  async (data) => {
    const token = handMade({ alg: "HS256" }, { sub: "42" });
    const options = { cookie: "token", algorithm: "HS256", key: SECRET, data: () => data as never } as const;
    expect(await look(options, token)).toMatchObject({ isNew: true, events: ["token.malformed"] });
  },
);

test("A JWT of a user whose number is none is nobody's", async () => {
  const token = handMade({ alg: "HS256" }, { n: 1 });
  const user = ({ uid }: { uid?: unknown }) => Number(uid) as never;
  const options = { cookie: "token", algorithm: "HS256", key: SECRET, user } as const;
  expect(await look(options, token)).toMatchObject({ user: undefined, data: { n: 1 } });
});

test("A JWT's user may be under a name that has a meaning in our sessions", async () => {
  const token = handMade({ alg: "HS256" }, { _user_id: "42", n: 1 });
  const user = (claims: Record<string, unknown>) => claims["_user_id"] as string;
  const options = { cookie: "token", algorithm: "HS256", key: SECRET, user } as const;
  expect(await look(options, token)).toMatchObject({ user: "42", data: { n: 1 } });
});

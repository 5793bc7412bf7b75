import { createCipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { connect } from "node:net";
import { createSessions, encryptedCookie, type EventType, type SessionOptions, signedCookie } from "hipflask";
import { nodeSessions } from "hipflask/adapters/node";
import { EncryptedCookie, FlaskCookie } from "hipflask/codec";
import { CsrfTokens } from "hipflask/csrf";
import { acceptFlask } from "hipflask/flask";
import { acceptIronSession, acceptJwt } from "hipflask/migrate";
import { cookieFor } from "hipflask/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listen } from "../support/client.ts";
import { tampered } from "../support/tampered.ts";
import { KEY, OTHER_KEY } from "../support/visitor.ts";

type Data = { n?: number };

/** An application on Node's own server that reads (`/`) and writes (`/write`) sessions in encrypted cookies. */
async function serve(options: Partial<SessionOptions<Data>> = {}) {
  const sessions = createSessions<Data>({ secretKey: KEY, ...options });
  const types: EventType[] = [];
  sessions.on("*", ({ type }) => types.push(type));
  const handler = nodeSessions(sessions, async (req, response) => {
    const session = await sessions.get(req);
    const { new: isNew, user, data } = session;
    response.setHeader("Content-Type", "application/json");
    const body = JSON.stringify({ isNew, user, n: data.n });
    if (req.url === "/write") data.n = (data.n ?? 0) + 1;
    response.end(body);
  });
  const server = createServer({ keepAliveTimeout: 0 }, handler);
  const { origin, close } = await listen(server);
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname).setEncoding("latin1");
  const reader = socket[Symbol.asyncIterator]() as AsyncIterator<string>;
  return {
    sessions,
    types,
    close() {
      socket.destroy();
      close();
    },
    /** The answers to one request for each of the cookies, byte by byte; of a new cookie, how it looks. */
    async ask(cookies: readonly string[], path = "/"): Promise<string[]> {
      const requests = cookies.map(
        (cookie) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`,
      );
      socket.write(requests.join(""), "latin1");
      let received = "";
      const answers: string[] = [];
      while (answers.length < cookies.length) {
        const end = endOfAnswer(received);
        if (end === undefined) {
          const { done, value } = await reader.next();
          if (done) throw new Error("The server has hung up.");
          received += value;
          continue;
        }
        answers.push(masked(received.slice(0, end)));
        received = received.slice(end);
      }
      return answers;
    },
  };
}

function endOfAnswer(received: string): number | undefined {
  const body = received.indexOf("\r\n\r\n") + 4;
  const end = body + Number(/^Content-Length: (\d+)\r$/m.exec(received)?.[1]);
  return body < 4 || received.length < end ? undefined : end;
}

const masked = (answer: string): string =>
  answer
    .replace(/^Date: .*$/m, "Date: now")
    .replace(/^(Set-Cookie: session=)([\w-]+)/m, (_, start, { length }) => `${start}${length} characters`);

type App = Awaited<ReturnType<typeof serve>>;

let app: App;
let genuine: string;
beforeAll(async () => {
  app = await serve();
  genuine = (await cookieFor(app.sessions, { n: 41 }, { user: "ada" })).slice("session=".length);
});
afterAll(() => app.close());

/** What can stand in a header, and what a server does not trim back to the value itself. */
const isSent = (value: string): boolean => /^[\x20-\x7e\x80-\xff]*$/.test(value) && value.trim() !== genuine;

test("a cookie that was changed in any way looks from outside like none", { timeout: 120_000 }, async () => {
  const [own] = await app.ask([`session=${genuine}`]);
  expect(own).toMatch(/\{"isNew":false,"user":"ada","n":41\}$/);
  const values = tampered(genuine).filter(isSent);
  expect(values.length).toBeGreaterThan(5000);
  for (const [path, asked] of [
    ["/", values],
    ["/write", values.filter((_, i) => i % 10 === 0)],
  ] as const) {
    const [none] = await app.ask([""], path);
    app.types.length = 0;
    for (let i = 0; i < asked.length; i += 100) {
      const batch = asked.slice(i, i + 100);
      expect(
        await app.ask(
          batch.map((value) => `session=${value}`),
          path,
        ),
      ).toEqual(batch.map(() => none));
    }
    const refused = app.types.filter((type) => type !== "session.created");
    // An empty value is no cookie, and no event.
    expect(refused).toHaveLength(asked.filter((value) => value.trim() !== "").length);
    expect(new Set(refused)).toEqual(new Set(["token.bad_mac", "token.malformed", "token.unknown_key"]));
  }
});

/** A cookie made with AES-256-GCM and a key of the attacker's choice, in our outer form. */
function homemade(key: Uint8Array, version = 1): string {
  const id = Buffer.from(hkdfSync("sha256", KEY, "", "hipflask key id", 32)).subarray(0, 4);
  const head = Buffer.concat([Buffer.of(version), id]);
  const nonce = randomBytes(24);
  const cipher = createCipheriv("aes-256-gcm", key, nonce.subarray(12)).setAAD(
    Buffer.from(`${head.toString("latin1")}session`, "latin1"),
  );
  const sealed = Buffer.concat([cipher.update(Buffer.alloc(64)), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([head, nonce, sealed]).toString("base64url");
}

const base64url = (value: string | object): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** Names of the same kind for the same key: a JWT of ours would be as good as a password. */
function jwt(header: object, key: string | undefined): string {
  const body = `${base64url(header)}.${base64url({ user: "ada", n: 41, exp: 4_102_444_800 })}`;
  return `${body}.${key === undefined ? "" : createHmac("sha256", key).update(body).digest("base64url")}`;
}

const flaskSession = (key: string): string => new FlaskCookie(key).seal('{"_user_id":"ada","n":41}');

/** What a server takes for a session that falls back to a weaker format, another key, or another purpose. */
const FORGERIES: Record<string, () => string | Promise<string>> = {
  "plain JSON": () => encodeURIComponent('{"_user_id":"ada"}'),
  "JSON in base64": () => base64url({ _user_id: "ada", n: 41 }),
  "Flask's signed cookie, with our key": () => flaskSession(KEY),
  "ours, signed, with our key": async () =>
    (await cookieFor(createSessions({ secretKey: KEY, storage: signedCookie() }), { n: 41 })).slice(8),
  "a JWT that needs no key": () => jwt({ alg: "none" }, undefined),
  "a JWT with our key": () => jwt({ alg: "HS256" }, KEY),
  "iron-session's envelope": () =>
    `Fe26.2*1*${"0".repeat(64)}*${"A".repeat(22)}*${"A".repeat(86)}**${"0".repeat(64)}*${"A".repeat(43)}~2`,
  "express-session's ID": () =>
    `s%3A${"A".repeat(32)}.${createHmac("sha256", KEY).update("A".repeat(32)).digest("base64url")}`,
  "an ID of a session in a store": () => randomBytes(32).toString("base64url"),
  "a CSRF token, with our key": () => new CsrfTokens({ secretKey: KEY }).make({ data: {}, user: "ada" }),
  "Flask-Login's remember_token, with our key": () =>
    `ada|${createHmac("sha512", KEY).update("ada").digest("hex")}`,
  "another version": () => homemade(randomBytes(32), 2),
  "version 0": () => homemade(randomBytes(32), 0),
  "a key of zeros": () => homemade(new Uint8Array(32)),
  "our secret itself as the key": () => homemade(Buffer.from(KEY.padEnd(32, "\0")).subarray(0, 32)),
  "a key of another purpose": () => homemade(Buffer.from(hkdfSync("sha256", KEY, "", "hipflask key id", 32))),
  "a key that nobody has": async () =>
    (await cookieFor(createSessions({ secretKey: "p0Qw9Er8Ty7Ui6Op5As4Df3Gh2Jk1LzX" }), { n: 41 })).slice(8),
  "another application, with our key": async () => {
    const storage = encryptedCookie({ application: "other" });
    return (await cookieFor(createSessions({ secretKey: KEY, storage }), { n: 41 })).slice(8);
  },
  "another cookie of ours": () => new EncryptedCookie([KEY]).seal('{"_user_id":"ada","n":41}', "remember"),
  "the cookie of the same name behind a prefix": () =>
    new EncryptedCookie([KEY]).seal('{"_user_id":"ada","n":41}', "__Host-session"),
};

const accept = [
  acceptFlask({ SECRET_KEY: OTHER_KEY, SESSION_COOKIE_NAME: "session" }),
  acceptJwt({ key: OTHER_KEY, algorithm: "HS256", cookie: "session" }),
  acceptIronSession({ password: `${OTHER_KEY}.${OTHER_KEY}`, cookie: "session" }),
];

describe.each([
  ["accepts nothing else", {}],
  [
    "accepts Flask's cookies, JWTs and iron-session's, of the same name and with a key of their own",
    { accept },
  ],
])("an application that %s", (_, options) => {
  let accepting: App;
  beforeAll(async () => {
    accepting = await serve(options);
  });
  afterAll(() => accepting.close());

  test.each(Object.keys(FORGERIES))(
    "takes no session from %s: no cookie, from outside, and one event",
    async (what) => {
      const value = await FORGERIES[what]!();
      const none = await accepting.ask([""]);
      accepting.types.length = 0;
      expect(await accepting.ask([`session=${value}`])).toEqual(none);
      expect(accepting.types).toEqual([expect.stringMatching(/^token\./)]);
    },
  );

  test.each<[string, (value: string) => string]>([
    ["filled up with =", (value) => `${value}==`],
    ["in quotes", (value) => `"${value}"`],
    ["percent-encoded", (value) => `%41${value.slice(1)}`],
    ["in base64's other alphabet", (value) => Buffer.from(value, "base64url").toString("base64")],
    ["in hexadecimal", (value) => Buffer.from(value, "base64url").toString("hex")],
    ["with a comma", (value) => `${value},${value}`],
    ["twice", (value) => value + value],
    ["with a blank that is none to browsers", (value) => `\u00a0${value}`],
    ["under the label of several cookies", (value) => `1-2.${value.slice(-8)}.${value}`],
  ])("knows a session by one text: not %s", async (__, write) => {
    const none = await accepting.ask([""]);
    const [own] = await accepting.ask([`session=${genuine}`]);
    expect(own).toContain('"user":"ada"');
    accepting.types.length = 0;
    expect(await accepting.ask([`session=${write(genuine)}`])).toEqual(none);
    expect(accepting.types).toEqual([expect.stringMatching(/^token\./)]);
  });
});

test("a session's cookie is no CSRF token", () => {
  const tokens = new CsrfTokens({ secretKey: KEY });
  const session = { data: {}, user: undefined };
  expect(tokens.isGood(session, tokens.make(session))).toBe(true);
  expect(tokens.isGood(session, genuine)).toBe(false);
  expect(tokens.isGood(session, new EncryptedCookie([KEY]).seal("{}", "csrf_token"))).toBe(false);
});

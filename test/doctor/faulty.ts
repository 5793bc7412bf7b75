import type { RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { FlaskCookie } from "../../src/codec/index.ts";
import { Signatures } from "../../src/express-session/signature.ts";
import { session, sets, type Site } from "./sites.ts";

const GOOD = "Path=/; Secure; HttpOnly; SameSite=Lax";

function flask(secret: string, data: object): string {
  const codec = new FlaskCookie(secret);
  return codec.seal(codec.stringify({ ...data }));
}

function jwt(header: object, claims: object, signature: string): string {
  const parts = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  return [...parts, signature].join(".");
}

/** Sets it for those who come without any cookie. */
function once(cookie: string, headers?: Readonly<Record<string, string>>): RequestListener {
  const first = sets(cookie, headers);
  return (request, response) => {
    if (request.headers.cookie === undefined) first(request, response);
    else response.end();
  };
}

/** Past Node, which refuses some headers. */
const raw =
  (cookie: string): RequestListener =>
  (_, response) =>
    void response.socket!.end(
      `HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: no-store\r\nSet-Cookie: ${cookie}\r\nContent-Length: 0\r\n\r\n`,
      "latin1",
    );

const SECRET = "sk1_9Jk2vQpXwZr8Tn4Lh6YbUc3mDs7Fg1Ae5Ro0Ti2Wx4Q";
const ID = "0b9d6f9e-5c1c-4d7e-9a51-5d3a4a9f2b11";

interface Faulty extends Site {
  /** What is wrong with it. */
  readonly codes: readonly string[];
  /** Default: an https page. */
  readonly url?: (host: string) => string;
}

const faulty = (
  codes: string | readonly string[],
  answer: RequestListener,
  more: Partial<Faulty> = {},
): Faulty => ({
  codes: [codes].flat(),
  answer,
  ...more,
});

const overHttp = { url: (host: string) => `http://${host}/` };

/** Servers with one fault each; a few cannot have it alone. */
export const FAULTY: readonly Faulty[] = [
  faulty(["plain-http", "secure-over-http"], sets([]), {
    ...overHttp,
    plain: sets("pref=1; Path=/; SameSite=Lax; Secure"),
  }),
  faulty("plain-http", sets([]), { ...overHttp, plain: sets([]) }),
  faulty("plain-http", sets([]), { plain: sets([]) }),
  faulty("none-without-secure", sets("pref=1; Path=/; SameSite=None")),
  faulty("domain-mismatch", sets("pref=1; Path=/; Domain=other.test")),
  faulty("public-suffix", sets("pref=1; Path=/; Domain=test")),
  faulty("prefix", sets("__Secure-pref=1; Path=/")),
  faulty("prefix", sets("__Host-pref=1; Path=/; Secure; Domain=HOST")),
  faulty("prefix", sets("__Host-pref=1; Secure")),
  faulty("prefix", sets("__Http-pref=1; Path=/; Secure")),
  faulty("prefix", sets("__host-pref=1; Path=/")),
  faulty("too-large", sets(`pref=${"x".repeat(4093)}; Path=/`)),
  faulty("control-character", raw("pref=a\x01b; Path=/")),
  faulty("tab", sets("pref=a\tb; Path=/")),
  faulty("nameless", sets("just-a-value; Path=/")),
  faulty("empty", sets("=; Path=/")),
  faulty("not-ascii", sets("pref=K\xf6ln; Path=/")),
  faulty("unknown-attribute", sets("pref=1; Path=/; Same-Site=Lax")),
  faulty("ignored-attribute", sets("pref=1; Path=/; SameSite=Relaxed")),
  faulty("ignored-attribute", sets("pref=1; Path=/; Max-Age=1h")),
  faulty("ignored-attribute", sets("pref=1; Path=/; Expires=2030-01-01T00:00:00Z")),
  faulty("attribute-too-large", sets(`pref=1; Path=/${"x".repeat(1024)}`)),
  faulty(["joined-headers", "path-elsewhere"], sets("pref=1; Path=/, other=2")),
  faulty("repeated-attribute", sets("pref=1; Path=/; SameSite=Lax; SameSite=Strict")),
  faulty("default-path", sets("pref=1"), { url: (host) => `https://${host}/a/b` }),
  faulty("path-elsewhere", sets("pref=1; Path=/admin")),
  faulty("path-with-slash", sets("pref=1; Path=/a/"), { url: (host) => `https://${host}/a/` }),
  faulty("partitioned-without-secure", sets("pref=1; Path=/; Partitioned")),
  faulty("max-age-wins", sets("pref=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT")),
  faulty("second-cookie", sets(["pref=1; Path=/", "pref=2; Path=/a"]), {
    url: (host) => `https://${host}/a`,
  }),
  faulty("deletion-misses", sets(["pref=1; Path=/", "pref=; Path=/a; Max-Age=0"])),
  faulty("set-twice", sets(["pref=1; Path=/", "pref=2; Path=/"])),
  // It is more than Node takes, on either side.
  faulty(
    ["header-too-large", "error-again"],
    sets([..."abcdefghij"].map((name) => `${name}=${"x".repeat(2500)}; Path=/`)),
  ),
  faulty("header-too-large", sets(["a", "b"].map((name) => `${name}=${"x".repeat(3000)}; Path=/`))),
  faulty("no-http-only", session("__Host-session", "Path=/; Secure; SameSite=Lax")),
  faulty("no-secure", session("session", "Path=/; HttpOnly; SameSite=Lax")),
  faulty("no-same-site", session("__Host-session", "Path=/; Secure; HttpOnly")),
  faulty("same-site-none", session("__Host-session", "Path=/; Secure; HttpOnly; SameSite=None")),
  faulty("broad-domain", session("session", `${GOOD}; Domain=HOST`)),
  faulty("no-prefix", session("connect.sid", GOOD)),
  faulty(
    "readable-data",
    once(`__Host-data=${flask(SECRET, { user: { email: "ada@example.com" } })}; ${GOOD}`),
  ),
  faulty(
    "readable-data",
    once(`__Host-data=${jwt({ alg: "HS256" }, { password: "hunter2" }, "x".repeat(43))}; ${GOOD}`),
  ),
  faulty("known-secret", once(`__Host-data=${flask("dev", { n: 1 })}; ${GOOD}`)),
  faulty(
    "known-secret",
    once(`__Host-data=${encodeURIComponent(new Signatures(["keyboard cat"]).sign(ID))}; ${GOOD}`),
  ),
  faulty("unsigned-token", once(`__Host-data=${jwt({ alg: "none" }, { sub: "1" }, "")}; ${GOOD}`)),
  faulty(
    "cacheable-cookie",
    sets("pref=1; Path=/", { "Cache-Control": "public, max-age=3600", Vary: "Cookie" }),
  ),
  faulty("no-vary", sets("pref=1; Path=/", {})),
  faulty(
    ["redirect-to-http", "plain-http"],
    (request, response) => {
      response.writeHead(302, { Location: `http://${request.headers.host}/` }).end();
    },
    { plain: sets([]) },
  ),
  faulty("cookie-before-https", sets([]), {
    ...overHttp,
    plain: (request, response) => {
      const headers = { Location: `https://${request.headers.host}/`, "Cache-Control": "no-store" };
      sets("pref=1; Path=/", headers, 301)(request, response);
    },
  }),
  faulty(
    "cookie-on-way-out",
    sets("pref=1; Path=/", { Location: "https://elsewhere.test/", "Cache-Control": "no-store" }, 302),
  ),
  faulty("dead-redirect", (_, response) => {
    response.writeHead(302, { Location: "https://127.0.0.1:1/" }).end();
  }),
  faulty("redirect-loop", (_, response) => void response.writeHead(302, { Location: "/" }).end()),
  faulty("clock-skew", (_, response) => {
    response.writeHead(200, { Date: new Date(Date.now() - 60_000).toUTCString() }).end();
  }),
  ...[401, 403, 404, 500, 503].map((status) =>
    faulty(
      status < 404 ? "refused-page" : "error-page",
      (_, response) => void response.writeHead(status).end(),
    ),
  ),
  faulty("error-again", (request, response) => {
    if (request.headers.cookie === undefined) sets("pref=1; Path=/")(request, response);
    else response.writeHead(500).end();
  }),
  faulty("set-again", (_, response) => {
    sets(`__Host-session=${crypto.randomUUID()}; ${GOOD}`)(_, response);
  }),
  faulty("session-fixation", once(`__Host-session=${ID}; ${GOOD}`)),
  faulty(
    "id-in-url",
    session("__Host-session", GOOD, '<a href="/cart;jsessionid=0123456789ABCDEF">Cart</a>'),
  ),
  faulty("id-in-url", (_, response) => {
    response
      .writeHead(200, { "Content-Encoding": "gzip" })
      .end(gzipSync('<a href="/cart?PHPSESSID=0123456789abcdef">Cart</a>'));
  }),
  faulty("id-in-url", (request, response) => {
    const isStart = request.url === "/";
    response
      .writeHead(isStart ? 302 : 200, isStart ? { Location: "/home?PHPSESSID=0123456789abcdef" } : {})
      .end();
  }),
];

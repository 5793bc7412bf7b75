import { createRequire, syncBuiltinESMExports } from "node:module";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

/** What one request may cost, in numbers that are the same on every machine. Timings are measured in bench/ and gate nothing. */

const require = createRequire(import.meta.url);
const crypto = require("node:crypto");
const zlib = require("node:zlib");

const COUNTED: readonly (readonly [owner: any, name: string])[] = [
  [crypto, "hash"],
  [crypto, "createHash"],
  [crypto, "createHmac"],
  [crypto, "createCipheriv"],
  [crypto, "createDecipheriv"],
  [zlib, "deflateSync"],
  [zlib, "inflateSync"],
  [JSON, "parse"],
  [JSON, "stringify"],
];

/** 100 bytes of JSON. */
const DATA = {
  count: 41,
  csrf_token: "f6f1c2ae0a3c5b9d8e7f60718293a4b5c6d7e8f9",
  theme: "dark",
  user_id: "4711",
};
const SECRET = "nE5mK2rT8vY1xC4bQ7wZ0sD3fG6hJ9lP-aUoIeRtYk";

let calls: Record<string, number> = {};
let undo: (() => void)[] = [];
let library: Awaited<ReturnType<typeof load>>;

async function load() {
  const [main, flask, web] = await Promise.all([
    import("hipflask"),
    import("hipflask/flask"),
    import("hipflask/adapters/web"),
  ]);
  return { ...main, ...flask, ...web };
}

beforeAll(async () => {
  undo = COUNTED.map(([owner, name]) => count(owner, name));
  syncBuiltinESMExports();
  // The library takes hold of some of these functions when it is loaded.
  vi.resetModules();
  library = await load();
});

afterAll(() => {
  for (const step of undo) step();
  syncBuiltinESMExports();
  vi.resetModules();
});

function count(owner: any, name: string): () => void {
  const original = owner[name];
  owner[name] = function (...args: unknown[]) {
    calls[name] = (calls[name] ?? 0) + 1;
    return Reflect.apply(original, this, args);
  };
  return () => {
    owner[name] = original;
  };
}

const KINDS = {
  signed: () => ({ secretKey: SECRET, storage: library.signedCookie() }),
  flask: () => library.flaskConfig({ SECRET_KEY: SECRET }),
  encrypted: () => ({ secretKey: SECRET }),
  several: () => ({ secretKey: SECRET, storage: library.encryptedCookie({ maxCookies: 2 }) }),
};

type Handler = (session: { data: Record<string, unknown> }) => void;

/** An application whose every request does what it is told, for a browser that keeps its cookie. */
function application(kind: keyof typeof KINDS) {
  const { createSessions, webSessions } = library;
  const sessions = createSessions(KINDS[kind]());
  let cookie = "";
  let handler: Handler | undefined;
  const fetch = webSessions(sessions, async (request: Request) => {
    if (handler !== undefined) handler(await sessions.get(request));
    return new Response("ok");
  });
  return async (act?: Handler) => {
    handler = act;
    const request = new Request("https://example.com/", { headers: { Cookie: cookie } });
    calls = {};
    const response = await fetch(request);
    const made = calls;
    const setCookies = response.headers.getSetCookie();
    if (setCookies.length > 0) cookie = setCookies[0]!.split(";", 1)[0]!;
    return { calls: made, headers: response.headers, setCookieBytes: setCookies.join("").length };
  };
}

const fill: Handler = ({ data }) => void Object.assign(data, DATA);
const look: Handler = ({ data }) => void data["count"];
const add: Handler = ({ data }) => void (data["count"] = Number(data["count"]) + 1);

describe("A session of 100 bytes", () => {
  test("takes at most 253 bytes of Set-Cookie, and 189 with Flask's attributes", async () => {
    const native = await application("signed")(fill);
    const flask = await application("flask")(fill);
    expect(native.setCookieBytes).toBeLessThanOrEqual(253);
    expect(flask.setCookieBytes).toBeLessThanOrEqual(189);
  });

  test("costs nothing in a request that does not touch it: no work, no Set-Cookie, no Vary", async () => {
    const request = application("signed");
    await request(fill);
    const untouched = await request();
    expect(untouched.calls).toEqual({});
    expect(untouched.headers.getSetCookie()).toEqual([]);
    expect(untouched.headers.get("Vary")).toBeNull();
    expect(untouched.headers.get("Cache-Control")).toBeNull();
  });

  test("is read with one HMAC (two hashes) and one JSON.parse, and sets no cookie", async () => {
    const request = application("signed");
    await request(fill);
    const read = await request(look);
    expect(read.calls).toEqual({ hash: 2, parse: 1 });
    expect(read.setCookieBytes).toBe(0);
  });

  test("is written with a second HMAC and without zlib", async () => {
    const request = application("signed");
    await request(fill);
    expect((await request(add)).calls).toEqual({ hash: 4, parse: 1 });
  });

  test("meets zlib once on each way under Flask's rules, which compress whatever gets shorter", async () => {
    const request = application("flask");
    await request(fill);
    expect((await request(look)).calls).toEqual({ hash: 2, parse: 1, inflateSync: 1 });
    expect((await request(add)).calls).toEqual({ hash: 4, parse: 1, inflateSync: 1, deflateSync: 1 });
  });
});

describe("An encrypted session of 100 bytes", () => {
  test("takes at most 371 bytes of Set-Cookie, and 107 more for each further cookie that it may take", async () => {
    expect((await application("encrypted")(fill)).setCookieBytes).toBeLessThanOrEqual(371);
    const several = await application("several")(fill);
    expect(several.setCookieBytes).toBeLessThanOrEqual(478);
    expect(several.headers.getSetCookie()).toHaveLength(2);
  });

  test.each(["encrypted", "several"] as const)(
    "is opened once, and sealed once where it changes: %s",
    async (kind) => {
      const request = application(kind);
      await request(fill);
      expect((await request()).calls).toEqual({});
      expect((await request(look)).calls).toEqual({ createDecipheriv: 1, parse: 1 });
      expect((await request(add)).calls).toEqual({ createDecipheriv: 1, createCipheriv: 1, parse: 1 });
    },
  );
});

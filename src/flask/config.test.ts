import { describe, expect, test } from "vitest";
import { z } from "zod";
import { comparableCookie } from "../../test/support/comparable-cookie.ts";
import { type Desc, fromDesc } from "../../test/support/python-values.ts";
import { vectors } from "../../test/support/vectors.ts";
import { Visitor } from "../../test/support/visitor.ts";
import { webSessions } from "../adapters/web.ts";
import { type Dict, FlaskCookie } from "../codec/index.ts";
import { dumpCookie } from "../cookie/index.ts";
import { ConfigError } from "../errors.ts";
import { createSessions, type Session } from "../session/index.ts";
import { acceptFlask, type FlaskConfig, flaskConfig } from "./index.ts";

interface Step {
  now: number;
  method: string;
  cookie: string;
  ops: [name: string, ...args: any[]][];
  status: number;
  results: Desc[] | null;
  set_cookie: string[];
  vary: string[];
  /** From here on. */
  secret?: string | null;
  config?: FlaskConfig;
}

interface Scenario {
  id: string;
  secret: string | null;
  config: FlaskConfig;
  requests: Step[];
}

const KEY_ERROR = ["raises", "KeyError"];
const NO_KEY = ["raises", "RuntimeError", "The session is unavailable because no secret key was set.  S"];

/** What one operation on Flask's `session` does, in terms of ours. An assignment counts as a change in Flask, whatever the value. */
function perform(session: Session, [name, ...args]: [string, ...any[]]): unknown {
  const { data } = session;
  const [key, value] = args as [string, unknown];
  const assign = (changes: Dict): void => {
    Object.assign(data, changes);
    session.modified = true;
  };
  switch (name) {
    case "set":
      return void assign({ [key]: value });
    case "update":
      return void assign(args[0] as Dict);
    case "setdefault":
      if (!(key in data)) assign({ [key]: value });
      return data[key];
    case "get":
      return data[key] ?? null;
    case "getitem":
      return key in data ? data[key] : KEY_ERROR;
    case "contains":
      return key in data;
    case "keys":
      return Object.keys(data).toSorted();
    case "len":
      return Object.keys(data).length;
    case "bool":
      return Object.keys(data).length > 0;
    case "pop":
    case "del": {
      const old = data[key];
      if (!(key in data) && session.data !== undefined) {
        // Without a key Flask refuses the attempt itself.
        delete data[key];
        return args.length > 1 ? value : KEY_ERROR;
      }
      delete data[key];
      session.modified = true;
      return name === "pop" ? old : null;
    }
    case "popitem": {
      const last = Object.keys(data).at(-1)!;
      const item = [last, data[last]];
      delete data[last];
      session.modified = true;
      return item;
    }
    case "clear":
      return void session.clear();
    case "append":
      return void (data[key] as unknown[]).push(value);
    case "permanent":
      session.permanent = args[0] as boolean;
      return undefined;
    case "modified":
      session.modified = args[0] as boolean;
      return undefined;
    case "is_modified":
      return session.modified;
    case "is_permanent":
      return session.permanent;
    case "is_new":
      return session.new;
    case "flash":
      return void session.flash(key);
    case "flashes":
      return session.flashes().map(({ category, message }) => [category, message]);
    default:
      throw new Error(`There is no operation ${name}`);
  }
}

/** As in Flask, where `RuntimeError` is what a session without a secret key raises. */
function attempt(session: Session, op: [string, ...any[]]): unknown {
  try {
    return perform(session, op) ?? null;
  } catch (error) {
    if (error instanceof ConfigError && error.code === "NO_SECRET_KEY") return NO_KEY;
    throw error;
  }
}

async function run(
  step: Step,
  config: FlaskConfig,
): Promise<{ results: unknown[]; cookies: string[]; vary: string | null }> {
  const sessions = createSessions({ ...flaskConfig(config), clock: { now: () => step.now * 1000 + 250 } });
  const results: unknown[] = [];
  const answer = webSessions(sessions, async (request) => {
    const headers = new Headers();
    for (const op of step.ops) {
      if (op[0] === "raise" || op[0] === "abort" || op[0] === "redirect") break;
      if (op[0] === "vary") headers.set("Vary", op[1]);
      else if (op[0] === "setcookie") headers.append("Set-Cookie", dumpCookie(op[1], op[2]));
      else results.push(attempt(await sessions.get(request), op));
    }
    return new Response(null, { status: step.status, headers });
  });
  const request = new Request("http://localhost/", {
    headers: step.cookie === "" ? {} : { Cookie: step.cookie },
  });
  const response = await answer(request);
  return { results, cookies: response.headers.getSetCookie(), vary: response.headers.get("Vary") };
}

/** What operations on the session gave; those on the response give nothing. */
function expectedResults({ ops, results }: Step): unknown[] {
  const ofSession = results!.filter(
    (_, index) => !["vary", "setcookie", "redirect"].includes(ops[index]![0]),
  );
  return ofSession.map((desc) => (desc[0] === "raises" ? desc : fromDesc(desc)));
}

/** Scenarios in which this library does better than Flask, and what is different. */
const BETTER: Readonly<Record<string, string>> = {
  "http/nested-mutation-lost": "a nested change is noticed",
  "http/clock-back": "a cookie from a clock that is a second ahead is accepted",
  "http/attr-bad-samesite-permanent": "a wrong SameSite is an error at the start, not with every answer",
};

const scenarios = vectors<Scenario>("flask_http_session");

describe("whole requests as in Flask", () => {
  test.each(scenarios.filter(({ id }) => !(id in BETTER)))("$id", async ({ secret, config, requests }) => {
    let current: FlaskConfig = { ...config, SECRET_KEY: secret };
    for (const step of requests) {
      if (step.secret !== undefined) current = { ...current, SECRET_KEY: step.secret };
      current = { ...current, ...step.config };
      const { results, cookies, vary } = await run(step, current);
      if (step.results !== null) expect(results).toEqual(expectedResults(step));
      expect(cookies.map((cookie) => comparableCookie(cookie, current.SECRET_KEY!))).toEqual(
        step.set_cookie.map((cookie) => comparableCookie(cookie, current.SECRET_KEY!)),
      );
      expect(vary === null ? [] : [vary]).toEqual(step.vary);
    }
  });
});

const NOW = 1_795_200_000;
const COOKIE = "session=eyJhIjoxfQ.awCUAA.yKney41i9dluCNDer2GX2edw4xc";

/** One request to sessions of this configuration; the cookies that it set. */
async function visit(
  config: FlaskConfig,
  cookie: string,
  work: (session: Session) => unknown,
  now = NOW,
): Promise<string[]> {
  const sessions = createSessions({
    ...flaskConfig({ SECRET_KEY: "dev", ...config }),
    clock: { now: () => now * 1000 },
  });
  const answer = webSessions(sessions, async (request) => {
    await work(await sessions.get(request));
    return new Response("ok");
  });
  const response = await answer(new Request("http://localhost/", { headers: { Cookie: cookie } }));
  return response.headers.getSetCookie();
}

describe("what is better than in Flask", () => {
  test("every scenario that is left out above is one of Flask's", () => {
    const ids = scenarios.map(({ id }) => id);
    expect(Object.keys(BETTER).filter((id) => !ids.includes(id))).toEqual([]);
  });

  test("a nested change is noticed", async () => {
    const [cookie] = await visit({}, "", (session) => {
      session.data["list"] = [];
    });
    const [changed] = await visit({}, cookie!, (session) => (session.data["list"] as number[]).push(1));
    await visit({}, changed!, (session) => expect(session.data).toEqual({ list: [1] }));
  });

  test("a cookie from a clock that is up to five seconds ahead is accepted", async () => {
    await visit({}, COOKIE, (session) => expect(session.data).toEqual({ a: 1 }), NOW - 5);
    await visit({}, COOKIE, (session) => expect(session.data).toEqual({}), NOW - 6);
  });
});

describe("a configuration that cannot be honoured is an error at once", () => {
  test.each<[string, FlaskConfig]>([
    ["a SameSite that does not exist", { SESSION_COOKIE_SAMESITE: "bad" }],
    ["a name that is none", { SESSION_COOKIE_NAME: "a;b" }],
    ["a lifetime that is no number", { PERMANENT_SESSION_LIFETIME: "31 days" as never }],
    ["a negative lifetime", { PERMANENT_SESSION_LIFETIME: -1 }],
    ["a lifetime of a part of a second", { PERMANENT_SESSION_LIFETIME: 1.5 }],
    ["a string in place of the list of fallbacks", { SECRET_KEY_FALLBACKS: "old" as never }],
    ["an empty fallback", { SECRET_KEY_FALLBACKS: [""] }],
    ["sessions on the server", { SESSION_TYPE: "redis" as never }],
  ])("%s", (_, config) => {
    expect(() => createSessions(flaskConfig({ SECRET_KEY: "dev", ...config }))).toThrow(ConfigError);
  });

  test("other keys of Flask's are left alone", () => {
    expect(() =>
      createSessions(
        flaskConfig({ SECRET_KEY: "dev", DEBUG: true, SESSION_TYPE: null, SECRET_KEY_FALLBACKS: null }),
      ),
    ).not.toThrow();
  });
});

describe("with a schema of defaults", () => {
  const start = (schema: z.ZodType<Dict>, config: FlaskConfig = { SECRET_KEY: "dev" }) =>
    new Visitor(
      createSessions({ ...flaskConfig(config), schema, clock: { now: () => NOW * 1000 } }),
      "http://localhost/",
    );
  const counted = z.object({ count: z.number().default(0) });

  test("destroy and clear delete the cookie", async () => {
    for (const end of [(session: Session) => session.destroy(), (session: Session) => session.clear()]) {
      const visitor = start(counted);
      await visitor.visit((session) => (session.data["count"] = 1));
      expect(visitor.cookie).not.toBe("");
      await visitor.visit(end);
      expect(visitor.cookie).toBe("");
    }
  });

  test("a strict one does not stumble over Flask's own keys", async () => {
    const visitor = start(z.strictObject({ count: z.number().default(0) }));
    for (const expected of [0, 1, 2]) {
      await visitor.visit((session) => {
        expect(session.data["count"]).toBe(expected);
        session.permanent = true;
        session.data["count"] = expected + 1;
      });
    }
  });

  test("a missing key is told to whoever writes", async () => {
    const visitor = start(counted, {});
    await expect(visitor.visit((session) => (session.data["count"] = 1))).rejects.toMatchObject({
      code: "NO_SECRET_KEY",
    });
  });
});

test("a schema types Flask's dict and keeps what it does not know", async () => {
  const schema = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) => ({ value: { a: Number((value as Dict)["a"] ?? 0) } }),
    },
  };
  const sessions = createSessions({
    ...flaskConfig({ SECRET_KEY: "dev" }),
    schema,
    clock: { now: () => NOW * 1000 },
  });
  const answer = webSessions(sessions, async (request) => {
    const session = await sessions.get(request);
    expect(session.data).toEqual({ a: 1 });
    expect(session.permanent).toBe(true);
    expect(session.user).toBe("7");
    session.data.a += 1;
    return new Response("ok");
  });
  const codec = new FlaskCookie(["dev"], { clock: { now: () => NOW * 1000 } });
  const cookie = codec.seal('{"_permanent":true,"_user_id":"7","a":1,"other":[1]}');
  const response = await answer(
    new Request("http://localhost/", { headers: { Cookie: `session=${cookie}` } }),
  );
  const value = /^session=([^;]*)/.exec(response.headers.getSetCookie()[0]!)![1]!;
  expect(codec.open(value, undefined)).toMatchObject({
    data: { _permanent: true, _user_id: "7", a: 2, other: [1] },
  });
});

test.each<[FlaskConfig, string]>([
  [{ SESSION_COOKIE_PATH: "", APPLICATION_ROOT: "/app" }, "; HttpOnly; Path=/app"],
  [{ SESSION_COOKIE_PATH: "" }, "; HttpOnly; Path=/"],
  [{ SESSION_COOKIE_HTTPONLY: null }, "; Path=/"],
  [{ SESSION_COOKIE_HTTPONLY: 1 as never }, "; HttpOnly; Path=/"],
])("what is falsy in Python is falsy here: %j", async (config, expected) => {
  const sessions = createSessions(flaskConfig({ SECRET_KEY: "dev", ...config }));
  const { setCookies } = await new Visitor(sessions, "http://localhost/app").visit(
    ({ data }) => (data["a"] = 1),
  );
  expect(setCookies).toEqual([expect.stringMatching(new RegExp(`^session=[^;]+${expected}$`))]);
});

test("a SERVER_NAME without a SESSION_COOKIE_DOMAIN is warned of, once", async () => {
  const warnings: string[] = [];
  const listen = (warning: Error & { code?: string }) => {
    if (warning.code === "HIPFLASK_SERVER_NAME") warnings.push(warning.message);
  };
  process.on("warning", listen);
  flaskConfig({ SERVER_NAME: "example.com", SESSION_COOKIE_DOMAIN: false });
  flaskConfig({ SERVER_NAME: null });
  flaskConfig({ SERVER_NAME: "example.com" });
  acceptFlask({ SECRET_KEY: "dev", SERVER_NAME: "example.com", SESSION_COOKIE_DOMAIN: null });
  await new Promise(setImmediate);
  process.off("warning", listen);
  expect(warnings).toEqual([expect.stringContaining("SESSION_COOKIE_DOMAIN")]);
});

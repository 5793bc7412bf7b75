import { describe, expect, test } from "vitest";
import { failure } from "../../../test/support/server-sessions.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { KEY, OTHER_KEY, Visitor } from "../../../test/support/visitor.ts";
import { EncryptedCookie, FlaskCookie } from "../../codec/index.ts";
import { parseCookie, parseSetCookie } from "../../cookie/index.ts";
import { ConfigError } from "../../errors.ts";
import { acceptFlask } from "../../flask/index.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { createSessions, encryptedCookie, type EventType, type SessionOptions } from "../index.ts";

const NAME = "__Host-session";
type Data = Record<string, string | undefined>;

function setUp(options: Partial<SessionOptions<Data>> & { maxCookies?: number; url?: string } = {}) {
  const { maxCookies = 3, url = "https://example.com/", ...others } = options;
  const storage = encryptedCookie({ maxCookies });
  const sessions = createSessions<Data>({ secretKey: KEY, storage, ...others });
  const types: EventType[] = [];
  sessions.on("*", ({ type }) => types.push(type));
  const { host, protocol } = new URL(url);
  return {
    sessions,
    types,
    visitor: new Visitor(sessions, url),
    /** What a request with these cookies gets. */
    async answer(cookie: string | undefined) {
      types.length = 0;
      const exchange = sessions.open({ cookie, host, encrypted: protocol === "https:" });
      const session = await exchange.session();
      const seen = { new: session.new, data: { ...session.data } };
      await exchange.commit();
      const headers = new Headers();
      exchange.writeTo(headers);
      return { ...seen, headers: [...headers] };
    },
  };
}

/** Text without a pattern that says how long it is. */
const text = (length: number): string => `${length}.`.padEnd(length, "abcdefghijk");
const put = (length: number) => (session: { data: Data }) => void (session.data["text"] = text(length));
const namesOf = (cookie: string): string[] => [...parseCookie(cookie).keys()].toSorted();
const pair = ([name, value]: [string, string]): string => `${name}=${value}`;

describe("a session that may take several cookies", () => {
  test("takes as many as it needs, each with all attributes and within what browsers keep", async () => {
    const { visitor } = setUp({ cookie: { sameSite: "strict", partitioned: true }, lifetime: 3600 });
    const { setCookies } = await visitor.visit((session) => {
      put(8000)(session);
      session.permanent = true;
    });
    expect(setCookies.map((header) => header.split("=", 1)[0])).toEqual([NAME, `${NAME}.2`, `${NAME}.3`]);
    const [first, ...others] = setCookies.map((header) => {
      const { name, value, ...attributes } = parseSetCookie(header)!;
      expect(name.length + value.length).toBeLessThanOrEqual(4096);
      return attributes;
    });
    expect(first).toMatchObject({ secure: true, httpOnly: true, sameSite: "strict", partitioned: true });
    expect(first!.expires).toBeInstanceOf(Date);
    expect(others).toEqual([first, first]);
    await visitor.visit(({ data }) => expect(data).toEqual({ text: text(8000) }));
  });

  test("takes one cookie where that is enough, with the bytes that it has anyway", async () => {
    const { visitor, types } = setUp();
    await visitor.visit(put(100));
    expect(namesOf(visitor.cookie)).toEqual([NAME]);
    const value = parseCookie(visitor.cookie).get(NAME)!;
    expect(new EncryptedCookie([KEY]).open(value, undefined, NAME)).toMatchObject({
      data: { text: text(100) },
    });
    const one = new Visitor(createSessions<Data>({ secretKey: KEY }));
    await one.visit(put(100));
    await one.at(setUp().sessions).visit(({ data }) => expect(data).toEqual({ text: text(100) }));
    await visitor
      .at(createSessions<Data>({ secretKey: KEY }))
      .visit(({ data }) => expect(data).toEqual({ text: text(100) }));
    expect(types).toEqual(["session.created"]);
  });

  test.each([
    ["on this host", {}],
    ["with a domain, a path and other attributes", { domain: "example.com", path: "/app", name: "sid" }],
  ])("leaves nothing behind when it shrinks or ends, %s", async (_, cookie) => {
    const { visitor } = setUp({ cookie, url: "https://example.com/app/" });
    const cookies = () => visitor.cookie.split("; ").filter((one) => one !== "").length;
    const counts: number[] = [];
    for (const length of [8000, 4000, 10, 8000]) {
      await visitor.visit(put(length));
      counts.push(cookies());
    }
    expect(counts).toEqual([3, 2, 1, 3]);
    const { setCookies } = await visitor.visit((session) => session.destroy());
    expect(setCookies).toHaveLength(3);
    expect(visitor.cookie).toBe("");
    await visitor.visit(put(4000));
    await visitor.visit(({ data }) => delete data["text"]);
    expect(visitor.cookie).toBe("");
  });

  test("is whole after two parallel responses, whichever comes last and whatever they saw", async () => {
    for (const lengths of [
      [8000, 10],
      [10, 8000],
      [4000, 8000],
      [8000, 4000],
    ] as const) {
      for (const before of [undefined, 11, 8001]) {
        const { sessions, visitor, types } = setUp();
        if (before !== undefined) await visitor.visit(put(before));
        const { cookie } = visitor;
        const answers = lengths.map(async (length) => {
          const exchange = sessions.open({ cookie, host: "example.com", encrypted: true });
          put(length)(await exchange.session());
          await exchange.commit();
          return exchange.jar.setCookies();
        });
        for (const setCookies of await Promise.all(answers)) visitor.take(setCookies);
        await visitor.visit(({ data }) => expect(data).toEqual({ text: text(lengths[1]) }));
        expect(types).not.toContain("cookie.chunk");
      }
    }
  });

  test("ends whole, also where a parallel request has made it grow", async () => {
    const { visitor } = setUp();
    await visitor.visit(put(10));
    const early = visitor.copy();
    const { setCookies } = await early.visit((session) => session.destroy());
    await visitor.visit(put(8000));
    visitor.take(setCookies);
    expect(visitor.cookie).toBe("");
  });

  test("ends for good where its ticket is in a store", async () => {
    const storage = encryptedCookie({ maxCookies: 3, revocation: new MemoryStore() });
    const { visitor, types } = setUp({ storage });
    await visitor.visit(put(8000));
    const thief = visitor.copy();
    await thief.visit(({ data }) => expect(data).toEqual({ text: text(8000) }));
    await visitor.visit((session) => session.destroy());
    expect(visitor.cookie).toBe("");
    await thief.visit((session) => expect(session.new).toBe(true));
    expect(types).toEqual(["session.created", "session.ended", "sid.unknown"]);
  });

  test("is made anew whole with the newest key", async () => {
    const { visitor } = setUp({ secretKey: OTHER_KEY });
    await visitor.visit(put(8000));
    const { sessions, types } = setUp({ secretKeyFallbacks: [OTHER_KEY] });
    const { setCookies } = await visitor.at(sessions).visit(({ data }) => data["text"]);
    expect(setCookies).toHaveLength(3);
    expect(types).toEqual(["token.old_key"]);
    await visitor.at(setUp().sessions).visit(({ data }) => expect(data).toEqual({ text: text(8000) }));
  });

  test("has room for so much and no more, and then sets nothing", async () => {
    for (const maxCookies of [2, 3, 4]) {
      const { visitor } = setUp({ maxCookies });
      const error = await failure(visitor.visit(put(maxCookies * 4096)));
      expect(error.code).toBe("TOO_LARGE");
      expect(visitor.cookie).toBe("");
      const room = 4096 - `${NAME}.4`.length - "4-4.theMark8.".length;
      // Three quarters of that are bytes; less what encryption adds, less 64 for the filling up, less the JSON around the text.
      const most = Math.floor((maxCookies * room * 3) / 4) - 45 - 64 - 60;
      await visitor.visit(put(most));
      await visitor.visit(({ data }) => expect(data["text"]).toHaveLength(most));
      expect(visitor.cookie.split("; ")).toHaveLength(maxCookies);
    }
    const { visitor } = setUp({ maxCookies: 2 });
    expect((await failure(visitor.visit(put(8000)))).message).toMatch(
      /^The session takes \d+ bytes as a cookie, name included; 2 cookies hold 81\d\d\. Largest keys: text/,
    );
  });

  test("cannot be asked to take none, five or half of one", () => {
    for (const maxCookies of [0, 5, 1.5, -1, Number.NaN, "2" as never, null as never])
      expect(() => encryptedCookie({ maxCookies })).toThrow(ConfigError);
  });
});

test.each(vectors<Vector>("encrypted_cookie_chunks"))(
  "$id: a session of test/vectors is read",
  async (vector) => {
    const { secretKey, name, signedAt, json, cookies } = vector;
    const clock = { now: () => signedAt * 1000 };
    const { answer, types } = setUp({
      secretKey,
      cookie: { name },
      clock,
      storage: encryptedCookie({ ...vector, maxCookies: 4 }),
    });
    const cookie = Object.entries(cookies).map(pair).join("; ");
    expect(await answer(cookie)).toMatchObject({ new: false, data: JSON.parse(json) });
    expect(types).toEqual([]);
  },
);

interface Vector {
  readonly id: string;
  readonly secretKey: string;
  readonly application: string;
  readonly name: string;
  /** Seconds since 1970. */
  readonly signedAt: number;
  readonly json: string;
  readonly cookies: Readonly<Record<string, string>>;
}

describe("cookies that are no whole session", () => {
  const { visitor: browser } = setUp();
  const { visitor: other } = setUp();

  async function cookies() {
    await browser.visit(put(8000));
    const before = [...parseCookie(browser.cookie)] as [string, string][];
    await browser.visit(put(8001));
    const [one, two, three] = [...parseCookie(browser.cookie)] as [string, string][];
    await other.visit(put(8000));
    return {
      one: one!,
      two: two!,
      three: three!,
      before,
      others: [...parseCookie(other.cookie)] as [string, string][],
    };
  }

  type Cookies = Awaited<ReturnType<typeof cookies>>;
  const swapped = (a: [string, string], b: [string, string]): string => `${a[0]}=${b[1]}; ${b[0]}=${a[1]}`;

  test.each<[string, EventType, (given: Cookies) => string]>([
    ["the first one is missing", "cookie.chunk", ({ two, three }) => `${pair(two)}; ${pair(three)}`],
    ["a later one is missing", "cookie.chunk", ({ one, three }) => `${pair(one)}; ${pair(three)}`],
    ["the last one is missing", "cookie.chunk", ({ one, two }) => `${pair(one)}; ${pair(two)}`],
    [
      "there is a fourth",
      "cookie.chunk",
      ({ one, two, three }) => [one, two, three].map(pair).concat(`${NAME}.4=x`).join("; "),
    ],
    [
      "one that has its own came with another",
      "cookie.chunk",
      ({ one, two, three }) =>
        `${NAME}=${"A".repeat(150)}; ${[one, two, three].slice(1).map(pair).join("; ")}`,
    ],
    [
      "two have changed places",
      "cookie.chunk",
      ({ one, two, three }) => `${pair(one)}; ${swapped(two, three)}`,
    ],
    [
      "the first two have changed places",
      "cookie.chunk",
      ({ one, two, three }) => `${swapped(one, two)}; ${pair(three)}`,
    ],
    [
      "one is from before",
      "cookie.chunk",
      ({ one, three, before }) => [one, before[1]!, three].map(pair).join("; "),
    ],
    [
      "the first one is from before",
      "cookie.chunk",
      ({ two, three, before }) => [before[0]!, two, three].map(pair).join("; "),
    ],
    [
      "one is another visitor's",
      "cookie.chunk",
      ({ one, two, others }) => [one, two, others[2]!].map(pair).join("; "),
    ],
    [
      "one was changed",
      "token.bad_mac",
      ({ one, two: [name, value], three }) =>
        [one, [name, changed(value, 3000)] as [string, string], three].map(pair).join("; "),
    ],
    ["one is empty", "cookie.chunk", ({ one, two, three }) => `${pair(one)}; ${two[0]}=; ${pair(three)}`],
    [
      "the first one counts to 999999",
      "token.malformed",
      ({ one: [name, value] }) => `${name}=${value.replace("1-3", "1-999999")}`,
    ],
    [
      "the first one counts to 4",
      "cookie.chunk",
      ({ one: [name, value], two, three }) =>
        `${name}=${value.replace("1-3", "1-4")}; ${pair(two)}; ${pair(three)}`,
    ],
  ])("because %s: no session, and one event", async (_, type, spoil) => {
    const given = await cookies();
    const { answer, types } = setUp();
    const good = await answer([given.one, given.two, given.three].map(pair).join("; "));
    expect([good.new, types]).toEqual([false, []]);
    const nothing = await answer(undefined);
    expect(await answer(spoil(given))).toEqual(nothing);
    expect(types).toEqual([type]);
  });

  test("are replaced, all of them, by the next session", async () => {
    const { visitor, types } = setUp();
    await visitor.visit(put(8000));
    await visitor.exchange(({ jar }) => jar.delete(NAME, { secure: true }));
    expect(namesOf(visitor.cookie)).toEqual([`${NAME}.2`, `${NAME}.3`]);
    await visitor.visit(put(10));
    expect(namesOf(visitor.cookie)).toEqual([NAME]);
    await visitor.visit(({ data }) => expect(data).toEqual({ text: text(10) }));
    expect(types).toEqual(["session.created", "cookie.chunk", "session.created"]);
  });

  test("do no harm where a stranger has put them beside good ones, of the same name", async () => {
    const { one, two, three, others } = await cookies();
    const { answer, types } = setUp();
    const mixed = [`${two[0]}=x`, pair(others[1]!), pair(one), pair(two), pair(three), pair(others[2]!)];
    expect(await answer(mixed.join("; "))).toMatchObject({ new: false, data: { text: text(8001) } });
    expect(types).toEqual([]);
    const both = [...[one, two, three].map(pair), ...others.map(pair)].join("; ");
    expect(await answer(both)).toMatchObject({ new: true });
    expect(types).toEqual(["cookie.duplicate"]);
  });

  test("are not read at all where a session takes one cookie", async () => {
    const { one, two, three } = await cookies();
    const { answer, types } = setUp({ maxCookies: 1 });
    expect(await answer([one, two, three].map(pair).join("; "))).toMatchObject({ new: true });
    expect(types).toEqual(["token.malformed"]);
    await answer(`${pair(two)}; ${pair(three)}`);
    expect(types).toEqual([]);
  });
});

/** Another character, at some place. */
function changed(value: string, at: number): string {
  return value.slice(0, at) + (value[at] === "A" ? "B" : "A") + value.slice(at + 1);
}

describe("beside another program's cookie of the same name", () => {
  const accept = [acceptFlask({ SECRET_KEY: OTHER_KEY, SESSION_COOKIE_NAME: "session" })];
  const url = "http://localhost/";

  test("a session in several cookies is ours", async () => {
    const { visitor, types } = setUp({ accept, url });
    await visitor.visit(put(8000));
    await visitor.visit(({ data }) => expect(data).toEqual({ text: text(8000) }));
    expect(types).toEqual(["session.created"]);
  });

  test("one that was small by zlib is taken over into several", async () => {
    const { visitor, types } = setUp({ accept, url });
    const flask = new FlaskCookie(OTHER_KEY);
    const old = flask.seal(flask.stringify({ text: "x".repeat(6000) }));
    await visitor.exchange(({ jar }) => jar.set("session", old));
    await visitor.visit(({ data }) => expect(data).toEqual({ text: "x".repeat(6000) }));
    expect(namesOf(visitor.cookie)).toEqual(["session", "session.2", "session.3"]);
    await visitor.visit(({ data }) => expect(data).toEqual({ text: "x".repeat(6000) }));
    expect(types).toEqual(["session.adopted"]);
  });
});

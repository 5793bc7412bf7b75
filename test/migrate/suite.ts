import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type AcceptedFormat,
  createSessions,
  encryptedCookie,
  type SessionEvent,
  serverSide,
  signedCookie,
} from "../../src/index.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { KEY, Visitor } from "../support/visitor.ts";
import { describeInstalled } from "../support/installed.ts";
import type { OldApp } from "./libraries.ts";

/** A library that an application leaves. */
export interface Subject {
  readonly library: string;
  /** The program that used it. */
  readonly app: () => Promise<OldApp>;
  /** The same one with another key. */
  readonly otherKey: () => Promise<OldApp>;
  readonly accept: () => AcceptedFormat | Promise<AcceptedFormat>;
  /** Seconds after which its sessions end; undefined where its cookies do not tell. */
  readonly ends?: number;
  /** What the browser is left with beside the session itself, which no key protects: a part of the old value. */
  readonly unprotected?: RegExp;
  /** Whether the old cookie outlived the browser. */
  readonly permanent: boolean;
}

const DATA = { userId: "42", cart: ["tea", { n: 1.5 }], name: "Zoë 🍵" };
const STORAGES = [
  ["encryptedCookie()", () => encryptedCookie()],
  ["signedCookie()", () => signedCookie()],
  ["serverSide(store)", () => serverSide(new MemoryStore())],
] as const;

/** What is asked of each format: that a session which the real library wrote survives, and nothing else does. */
export function migrationSuite(subject: Subject): void {
  describeInstalled("migrate", `Leaving ${subject.library}`, () => {
    let app: OldApp;
    let other: OldApp;
    let format: AcceptedFormat;

    beforeAll(async () => {
      [app, other, format] = [await subject.app(), await subject.otherKey(), await subject.accept()];
    }, 180_000);
    afterAll(async () => {
      await Promise.all([app.close(), other.close()]);
    });

    describe.each(STORAGES)("for %s", (_, storage) => {
      const setUp = () => {
        const clock = new FakeClock(new Date());
        const sessions = createSessions<Record<string, any>>({
          secretKey: KEY,
          storage: storage(),
          accept: [format],
          clock,
        });
        const events: SessionEvent[] = [];
        sessions.on("*", (event) => events.push(event));
        return {
          clock,
          sessions,
          types: () => events.map(({ type }) => type).filter((type) => type !== "session.created"),
          /** A browser that was with the old program. */
          async visitor(data: object = DATA, by = app) {
            const visitor = new Visitor(sessions, "https://example.com/");
            const { setCookies } = await by.send("POST", "", data);
            await visitor.exchange(
              () => undefined,
              setCookies.map((value): [string, string] => ["Set-Cookie", value]),
            );
            return visitor;
          },
          async look(cookie: string) {
            const exchange = sessions.open({ cookie, host: "example.com", encrypted: true });
            const session = await exchange.session();
            const found = { isNew: session.new, user: session.user, data: { ...session.data } };
            await exchange.commit();
            return { ...found, setCookies: exchange.jar.setCookies() };
          },
        };
      };

      test("the data and the login survive, and from the second request on ours is the only cookie", async () => {
        const { visitor, types } = setUp();
        const browser = await visitor();
        expect((await app.send("GET", browser.cookie)).body).toMatchObject(DATA);
        await browser.visit((session) => {
          expect(session.data).toEqual(DATA);
          expect(session.user).toBe("42");
          expect(session.new).toBe(false);
          expect(session.permanent).toBe(subject.permanent);
        });
        expect(browser.cookie).toMatch(/^__Host-session=[^;]+$/);
        expect(types()).toEqual(["session.adopted"]);
        await browser.visit((session) => {
          expect(session.data).toEqual(DATA);
          session.data["cart"].push("cake");
        });
        await browser.visit(({ data }) => expect(data["cart"]).toHaveLength(3));
        expect(types()).toEqual(["session.adopted"]);
      });

      test("of 20 visitors with parallel requests nobody is logged out, also who never got an answer", async () => {
        const { visitor } = setUp();
        await Promise.all(
          Array.from({ length: 20 }, async (_one, i) => {
            const browser = await visitor({ ...DATA, userId: `u${i}` });
            const copies = Array.from({ length: 4 }, () => browser.copy());
            await Promise.all(copies.map((copy) => copy.visit(({ user }) => expect(user).toBe(`u${i}`))));
            for (const one of [browser, ...copies]) await one.visit(({ user }) => expect(user).toBe(`u${i}`));
          }),
        );
      });

      test("after a logout the browser has nothing, and no session", async () => {
        const { visitor } = setUp();
        const browser = await visitor();
        await browser.visit((session) => session.destroy());
        expect(browser.cookie).toBe("");
      });

      test("who was nobody becomes nobody", async () => {
        const { visitor } = setUp();
        const browser = await visitor({ cart: [], _user_id: "1", _created: 1, _successor: ["x", null] });
        await browser.visit((session) => {
          expect(session.user).toBeUndefined();
          expect(session.data).toEqual({ cart: [] });
        });
      });

      test("a value that was changed or cut anywhere is no session and one event", async () => {
        const { visitor, look, types } = setUp();
        const { cookie } = await visitor();
        let count = 0;
        for (const changed of changes(cookie, subject.unprotected)) {
          const { isNew, setCookies } = await look(changed);
          const events = types().length;
          expect({ changed, isNew, setCookies, events }).toEqual({
            changed,
            isNew: true,
            setCookies: [],
            events: ++count,
          });
        }
        expect(count).toBeGreaterThan(30);
        expect((await look(cookie)).user).toBe("42");
      });

      test("one that another key made is no session and one event", async () => {
        const { visitor, look, types } = setUp();
        const { cookie } = await visitor(DATA, other);
        expect((await look(cookie)).isNew).toBe(true);
        expect(types()).toEqual(["token.bad_mac"]);
      });

      test.skipIf(subject.ends === undefined)(
        "one that has expired is no session and one event",
        async () => {
          const { visitor, look, types, clock } = setUp();
          const { cookie } = await visitor();
          clock.move(subject.ends! - 5);
          expect((await look(cookie)).user).toBe("42");
          const { cookie: next } = await visitor();
          clock.move(100);
          expect((await look(next)).isNew).toBe(true);
          expect(types()).toEqual(["session.adopted", "token.expired"]);
        },
      );
    });
  });
}

/** A Cookie header with every fourth character of its values changed, and cut after every eighth. */
function* changes(cookie: string, unprotected: RegExp | undefined): Generator<string> {
  const pairs = cookie.split("; ");
  for (const [at, pair] of pairs.entries()) {
    const name = pair.slice(0, pair.indexOf("=") + 1);
    const value = pair.slice(name.length);
    const rest = (unprotected && unprotected.exec(value)?.[0]) ?? "";
    const end = value.length - rest.length;
    const around = (part: string): string => pairs.with(at, name + part).join("; ");
    const places = Array.from({ length: end }, (_, i) => i);
    for (const i of places.filter((place) => place % 4 === 0 || place >= end - 3)) {
      const flipped = String.fromCharCode(value.charCodeAt(i) ^ 1);
      if (!/[!#-:<-[\]-~]/.test(flipped)) continue;
      yield around(value.slice(0, i) + flipped + value.slice(i + 1));
    }
    for (const i of places.filter((place) => place > 0 && place % 8 === 0))
      yield around(value.slice(0, i) + rest);
  }
}

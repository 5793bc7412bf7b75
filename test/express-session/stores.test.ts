import { fromExpressStore, type Store } from "hipflask/express-session";
import { storeSuite } from "hipflask/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSessions, serverSide } from "hipflask";
import { describeWith } from "../support/provisioned.ts";
import { KEY } from "../support/visitor.ts";
import { dictApp, Browser, serve } from "./applications.ts";
import { type Place, PLACES } from "./stores.ts";

for (const { name, needs, isOurs, start } of PLACES) {
  describeWith(needs, `The drop-in on ${name}`, () => {
    let place: Place;
    let spaces = 0;
    beforeAll(async () => {
      place = await start();
    });
    afterAll(() => place.close());

    /** Browsers of one visitor at applications that share a store; more than one stand for processes. */
    const visit = async (processes: number) => {
      const space = `visit_${(spaces += 1)}`;
      const opened = await Promise.all(Array.from({ length: processes }, () => place.open(space)));
      const origins = await Promise.all(opened.map(({ store }) => serve(dictApp({ store }))));
      const first = new Browser(origins[0]!);
      await first.send("POST", "/set/first");
      return {
        browsers: origins.map((origin) => new Browser(origin, first.cookie)),
        end: () => Promise.all(opened.map(({ close }) => close())),
      };
    };

    test("keeps what 20 parallel requests write", async () => {
      const { browsers, end } = await visit(isOurs ? 2 : 1);
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          browsers[i % browsers.length]!.send("POST", `/set/key${i}?ms=${i % 5}`),
        ),
      );
      expect(Object.keys(await browsers[0]!.json("/dump"))).toHaveLength(21);
      await end();
    });

    test("lets no request that is under way undo a logout", async () => {
      const { browsers, end } = await visit(isOurs ? 2 : 1);
      const browser = browsers[0]!;
      const writing = browsers.at(-1)!.send("POST", "/set/late?ms=150", false);
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
      await browser.send("POST", "/logout", false);
      const answer = await writing;
      expect(answer.status).toBe(200);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(await browser.json("/dump")).toEqual({});
      await end();
    });

    test("has stored what a redirect's target reads, and what is nested", async () => {
      const { browsers, end } = await visit(1);
      const browser = browsers[0]!;
      expect((await browser.send("POST", "/redirect")).status).toBe(302);
      await browser.send("POST", "/push");
      await browser.send("POST", "/push");
      expect(await browser.json("/dump")).toEqual({ first: true, redirected: true, list: [1, 1] });
      await end();
    });

    test("gives a new ID, and knows the old one no more", async () => {
      const { browsers, end } = await visit(1);
      const browser = browsers[0]!;
      const old = browser.cookie;
      await browser.send("POST", "/regenerate");
      expect(browser.cookie).not.toBe(old);
      expect(await browser.json("/dump")).toEqual({ user: "ada" });
      browser.cookie = old;
      expect(await browser.json("/dump")).toEqual({});
      await end();
    });
  });

  if (isOurs) continue;
  describeWith(needs, `fromExpressStore on ${name}`, () => {
    let place: Place;
    beforeAll(async () => {
      place = await start();
    });
    afterAll(() => place.close());

    storeSuite({
      test,
      async open(space) {
        const { store, close } = await place.open(space);
        return { store: fromExpressStore(store as Store), close };
      },
      capabilities: { atomic: false },
    });

    test("keeps sessions of createSessions, and says what it cannot", async () => {
      const { store, close } = await place.open("sessions");
      const sessions = createSessions({
        secretKey: KEY,
        storage: serverSide(fromExpressStore(store as Store)),
      });
      await expect(sessions.revokeAll()).rejects.toThrow(/cannot/);
      expect(() => serverSide(fromExpressStore(store as Store), { maxPerUser: 3 })).toThrow(/list/);
      await close();
    });
  });
}

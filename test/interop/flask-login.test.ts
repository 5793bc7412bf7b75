import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFlaskLogin } from "../support/flask-server.ts";
import { describeWith } from "../support/provisioned.ts";
import type { RunningServer } from "../support/server-process.ts";
import { Browser } from "./browser.ts";
import { listen } from "./ts-app.ts";
import { tsLoginApp } from "./ts-login-app.ts";

/** Latin-1, as Flask-Login asks for; it signs with other bytes than Flask's session then. */
const SECRET = `${randomBytes(32).toString("base64url")} clé`;
const FIREFOX = { "User-Agent": `Mozilla/5.0 "it's" \\ Firefox/130` };
const CURL = { "User-Agent": "curl/8" };

const DIRECTIONS = [
  { here: "Flask", there: "TypeScript" },
  { here: "TypeScript", there: "Flask" },
] as const;

type Side = (typeof DIRECTIONS)[number]["here"];

for (const protection of ["basic", "strong"] as const) {
  describeWith(
    ["flask", "flask-login", "gunicorn"],
    `Flask-Login and TypeScript, protection ${protection}`,
    () => {
      const servers = {} as Record<Side, RunningServer>;

      beforeAll(async () => {
        const [flask, typescript] = await Promise.all([
          startFlaskLogin(SECRET, protection),
          listen(tsLoginApp(SECRET, protection)),
        ]);
        Object.assign(servers, { Flask: flask, TypeScript: typescript });
      }, 30_000);

      afterAll(async () => {
        await Promise.all(Object.values(servers).map((server) => server.stop()));
      });

      const at = (side: Side, path: string): string => servers[side].url + path;

      /** Ends the browser's session: the remember_token alone is kept. */
      async function restarted(browser: Browser, headers: Record<string, string>): Promise<Browser> {
        const later = new Browser(headers);
        for (const cookie of await browser.jar.getCookies(at("Flask", "/")))
          if (cookie.key === "remember_token") await later.jar.setCookie(cookie.clone()!, at("Flask", "/"));
        return later;
      }

      describe.each(DIRECTIONS)("$here, then $there", ({ here, there }) => {
        test.each(["1", "Zoë|☃ 42", "user@example.com", 'q"\\;,'])(
          "who logs in here as %s is logged in there, and freshly",
          async (user) => {
            const browser = new Browser(FIREFOX);
            expect(await browser.post(at(here, "/login"), { user })).toBe(true);
            expect(await browser.get(at(there, "/who"))).toEqual([user, true]);
            expect(await browser.get(at(there, "/fresh"))).toBe(user);
            expect(await browser.get(at(here, "/fresh"))).toBe(user);
            // Nothing of what the other side wrote was changed by looking.
            expect(await browser.get(at(there, "/data"))).toEqual(await browser.get(at(here, "/data")));
          },
        );

        test.each(["1", "Zoë|☃ 42", 'q"\\;,'])(
          "who is remembered here as %s is known there, not freshly",
          async (user) => {
            const browser = new Browser(FIREFOX);
            await browser.post(at(here, "/login"), { user, remember: "1" });
            const later = await restarted(browser, FIREFOX);
            expect(await later.get(at(there, "/who"))).toEqual([user, false]);
            // What Flask-Login's strong protection does to a session that came from the cookie, it does on both sides.
            const next = protection === "basic" ? user : null;
            expect(await later.get(at(here, "/who"))).toEqual([next, false]);
            await expect(later.get(at(there, "/fresh"))).rejects.toThrow(next === null ? "302" : "401");
          },
        );

        test("the cookie that remembers is the same, byte for byte", async () => {
          const values = [];
          for (const side of [here, there]) {
            const browser = new Browser(FIREFOX);
            await browser.post(at(side, "/login"), { user: "Zoë|☃", remember: "1", duration: "1000" });
            values.push(await browser.cookie("remember_token", at(side, "/")));
            const { _id, ...data } = await browser.get(at(side, "/data"));
            values.push({ ...data, id: _id.length });
          }
          expect(values.slice(0, 2)).toEqual(values.slice(2));
        });

        test("a logout there is one here, of the session and of the cookie", async () => {
          const browser = new Browser(FIREFOX);
          await browser.post(at(here, "/login"), { user: "1", remember: "1" });
          await browser.post(at(here, "/cart"), { item: "tea" });
          await browser.post(at(there, "/logout"));
          expect(await browser.cookie("remember_token", at(here, "/"))).toBeUndefined();
          expect(await browser.get(at(here, "/data"))).toEqual({ cart: "tea" });
          expect(await browser.get(at(here, "/who"))).toEqual([null, false]);
          await expect(browser.get(at(here, "/private"))).rejects.toThrow("302");
        });

        test("what is confirmed there is fresh here", async () => {
          if (protection === "strong") return;
          const browser = new Browser(FIREFOX);
          await browser.post(at(here, "/login"), { user: "1", remember: "1" });
          const later = await restarted(browser, FIREFOX);
          await later.get(at(there, "/who"));
          await later.post(at(there, "/confirm"));
          expect(await later.get(at(here, "/fresh"))).toBe("1");
        });

        test("a session that was stolen from here is noticed there", async () => {
          const browser = new Browser(FIREFOX);
          await browser.post(at(here, "/login"), { user: "1" });
          const thief = new Browser(CURL);
          for (const cookie of await browser.jar.getCookies(at(here, "/")))
            await thief.jar.setCookie(cookie.clone()!, at(here, "/"));
          expect(await thief.get(at(there, "/who"))).toEqual([protection === "basic" ? "1" : null, false]);
        });

        test("the address is taken from X-Forwarded-For, as there", async () => {
          const browser = new Browser({ ...FIREFOX, "X-Forwarded-For": "203.0.113.5 , 10.0.0.2" });
          await browser.post(at(here, "/login"), { user: "1" });
          expect(await browser.get(at(there, "/who"))).toEqual(["1", true]);
        });

        test("who is not logged in is sent to log in with the same words and the same way back", async () => {
          const answers = await Promise.all(
            [here, there].map(async (side) => {
              const response = await fetch(at(side, "/private?x=1&y=%C3%A9"), { redirect: "manual" });
              return [response.status, response.headers.get("Location"), response.headers.get("Vary")];
            }),
          );
          expect(answers[0]).toEqual(answers[1]);
          const browser = new Browser(FIREFOX);
          await expect(browser.get(at(here, "/private"))).rejects.toThrow("302");
          expect((await browser.get(at(there, "/data")))["_flashes"]).toEqual(
            (await browser.get(at(here, "/data")))["_flashes"],
          );
        });

        test("a cookie of a user who is gone, or that was tampered with, is nobody's", async () => {
          const browser = new Browser(FIREFOX);
          await browser.post(at(here, "/login"), { user: "1", remember: "1" });
          const token = (await browser.cookie("remember_token", at(here, "/")))!;
          const changed = token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");
          for (const value of [changed, token.toUpperCase(), token.slice(1), "|", "x"]) {
            const other = new Browser(FIREFOX);
            await other.jar.setCookie(`remember_token=${value}; Path=/`, at(there, "/"));
            expect(await other.get(at(there, "/who"))).toEqual([null, false]);
          }
          await browser.post(at(here, "/login"), { user: "gone", remember: "1" });
          const later = await restarted(browser, FIREFOX);
          expect(await later.get(at(there, "/who"))).toEqual([null, false]);
        });
      });
    },
  );
}

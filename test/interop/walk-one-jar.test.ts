import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFlask } from "../support/flask-server.ts";
import { describeWith } from "../support/provisioned.ts";
import type { RunningServer } from "../support/server-process.ts";
import { Browser } from "./browser.ts";
import { listen, tsApp } from "./ts-app.ts";

const OLD = randomBytes(32).toString("base64url");
const NEW = `${randomBytes(32).toString("base64url")} schlüssel ☃`;

const KEYS = { old: [OLD, []], both: [NEW, [OLD]], new: [NEW, []] } as const;
const SIDES = ["Flask", "TypeScript"] as const;
const DIRECTIONS = [
  { here: "Flask", there: "TypeScript" },
  { here: "TypeScript", there: "Flask" },
] as const;

type Side = (typeof SIDES)[number];
type Keys = keyof typeof KEYS;

describeWith("flask", "one browser between Flask and TypeScript", () => {
  describeWith("gunicorn", "under gunicorn", () => {
    const servers = new Map<string, RunningServer>();

    beforeAll(async () => {
      const starting = Object.entries(KEYS).flatMap(([name, [secretKey, fallbacks]]) => [
        startFlask(secretKey, fallbacks).then((server) => servers.set(`Flask ${name}`, server)),
        listen(tsApp({ SECRET_KEY: secretKey, SECRET_KEY_FALLBACKS: fallbacks })).then((server) =>
          servers.set(`TypeScript ${name}`, server),
        ),
      ]);
      await Promise.all(starting);
    }, 30_000);

    afterAll(async () => {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    });

    /** The address of a page. Every side runs three times: before, during and after a rotation of the secret key. */
    function at(side: Side, path: string, keys: Keys = "new"): string {
      return servers.get(`${side} ${keys}`)!.url + path;
    }

    describe.each(DIRECTIONS)("$here, then $there", ({ here, there }) => {
      test("a login here is a login there", async () => {
        const browser = new Browser();
        await browser.post(at(here, "/login"), { user: "Zoë" });
        expect(await browser.get(at(there, "/data"))).toEqual({ user_id: "Zoë", _permanent: false });
      });

      test("a logout here leaves an anonymous visitor there, and no cookie", async () => {
        const browser = new Browser();
        await browser.post(at(there, "/login"), { user: "Zoë" });
        await browser.post(at(here, "/logout"));
        expect(await browser.cookie("session", at(there, "/"))).toBeUndefined();
        expect(await browser.get(at(there, "/data"))).toEqual({});
      });

      test("both count on, in turn, in one session", async () => {
        const browser = new Browser();
        for (const side of [here, there, there, here, there]) await browser.post(at(side, "/count"));
        expect(await browser.get(at(here, "/data"))).toEqual({ count: 5 });
      });

      test("messages flashed here are shown there, in their categories, and once", async () => {
        const browser = new Browser();
        await browser.post(at(here, "/flash"), { message: "Saved ✓", category: "success" });
        await browser.post(at(there, "/flash"), { message: "Disk full", category: "error" });
        await browser.post(at(here, "/flash"), { message: "Bye", category: "message" });
        const messages = [
          ["success", "Saved ✓"],
          ["error", "Disk full"],
          ["message", "Bye"],
        ];
        expect(await browser.get(at(there, "/flashes"))).toEqual(messages);
        expect(await browser.get(at(here, "/flashes"))).toEqual([]);
        expect(await browser.get(at(there, "/flashes"))).toEqual([]);
      });

      test("nested changes of both sides add up", async () => {
        const browser = new Browser();
        await browser.post(at(here, "/cart"), { item: "mouse" });
        await browser.post(at(there, "/cart"), { item: "crumbs" });
        await browser.post(at(here, "/cart"), { item: "moon" });
        expect(await browser.get(at(there, "/data"))).toEqual({
          cart: { items: ["mouse", "crumbs", "moon"] },
        });
      });

      test("a permanent session of here stays permanent there", async () => {
        const browser = new Browser();
        await browser.post(at(here, "/login"), { user: "Zoë", permanent: "" });
        const answer = await browser.send("GET", at(there, "/data"));
        expect(await answer.json()).toEqual({ user_id: "Zoë", _permanent: true });
        const expires = /Expires=([^;]+)/.exec(answer.headers.get("Set-Cookie")!)![1]!;
        const lifetime = (Date.parse(expires) - Date.now()) / 1000;
        expect(lifetime).toBeGreaterThan(31 * 24 * 60 * 60 - 10);
        expect(lifetime).toBeLessThanOrEqual(31 * 24 * 60 * 60);
      });

      test("every type that Python stores is kept by a change on the other side", async () => {
        const browser = new Browser();
        await browser.send("PUT", at(here, "/store"), {}, STORED);
        await browser.post(at(there, "/count"));
        await browser.post(at(here, "/count"));
        const [, entries] = STORED;
        expect(await browser.get(at("Flask", "/dump"))).toEqual([
          "dict",
          [
            ...entries,
            [
              ["str", "count"],
              ["int", "2"],
            ],
          ],
        ]);
      });

      test("a cookie of any text set here is read there", async () => {
        const browser = new Browser();
        for (const value of [
          "Köln",
          'a "b"; c, d\\ e',
          "日本 𝄞\u0001\x7f",
          "a=b&c",
          " spaced ",
          "",
          '"',
          "\\303",
        ]) {
          await browser.post(at(here, "/cookie"), { value });
          expect(await browser.get(at(there, "/cookie"))).toBe(value);
        }
      });

      test("nobody is logged out by a rotation of the key who comes by during it", async () => {
        const browser = new Browser();
        await browser.post(at(here, "/login", "old"), { user: "Zoë" });
        const issued = await browser.cookie("session", at(here, "/"));
        expect(await browser.get(at(there, "/data", "old"))).toMatchObject({ user_id: "Zoë" });
        expect(await browser.get(at(here, "/data", "both"))).toMatchObject({ user_id: "Zoë" });
        await browser.post(at(there, "/count", "both"));
        expect(await browser.get(at(here, "/data"))).toMatchObject({ user_id: "Zoë", count: 1 });

        const late = new Browser();
        await late.jar.setCookie(`session=${issued}; Path=/`, at(here, "/"));
        for (const side of SIDES) {
          expect(await late.get(at(side, "/data", "both"))).toMatchObject({ user_id: "Zoë" });
          expect(await late.get(at(side, "/data"))).toEqual({});
        }
      });

      test("a cookie of here that somebody changed is no session there, and no error", async () => {
        const browser = new Browser();
        await browser.post(at(here, "/login"), { user: "mallory" });
        const issued = (await browser.cookie("session", at(here, "/")))!;
        const [payload, stamp, signature] = issued.split(".") as [string, string, string];
        const forged = Buffer.from('{"_permanent":false,"user_id":"admin"}').toString("base64url");
        const changed = [
          `${forged}.${stamp}.${signature}`,
          `${payload}.${stamp.slice(0, -1)}_.${signature}`,
          `${payload}.${stamp}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`,
          `${payload}.${stamp}`,
          `.${issued}`,
          "..",
          "x",
        ];
        for (const value of changed) {
          await browser.jar.setCookie(`session=${value}; Path=/`, at(here, "/"));
          for (const side of SIDES) {
            const answer = await browser.send("GET", at(side, "/data"));
            expect([answer.status, await answer.json(), answer.headers.getSetCookie()]).toEqual([
              200,
              {},
              [],
            ]);
          }
        }
      });
    });

    test.each([
      ["POST", "/login", { user: "Zoë" }],
      ["POST", "/login", { user: "Zoë", permanent: "" }],
      ["POST", "/count", {}],
      ["POST", "/logout", {}],
      ["GET", "/cookie", {}],
    ])("both answer %s %s %j with the same headers", async (method, path, query) => {
      const [flask, typescript] = await Promise.all(
        SIDES.map(async (side) => {
          const { headers } = await new Browser().send(method, at(side, path), query);
          const attributes = headers.getSetCookie().map((cookie) => cookie.replace(/=[^;]+\.[^;]+/, "=…"));
          return { attributes, vary: headers.get("Vary"), cacheControl: headers.get("Cache-Control") };
        }),
      );
      const withoutSecond = (text: string) => text.replace(/\d\d:\d\d GMT/, "");
      expect(typescript!.attributes.map(withoutSecond)).toEqual(flask!.attributes.map(withoutSecond));
      expect(typescript).toMatchObject({ vary: flask!.vary, cacheControl: flask!.cacheControl });
    });
  });
});

/** One of each, sorted by key as Flask sorts them. */
const STORED = [
  "dict",
  [
    [["str", ""], ["null"]],
    [
      ["str", " t"],
      ["str", "not a tuple"],
    ],
    [
      ["str", "__proto__"],
      [
        "dict",
        [
          [
            ["str", " d"],
            ["int", "1"],
          ],
        ],
      ],
    ],
    [
      ["str", "a"],
      ["float", "1.0", "3ff0000000000000"],
    ],
    [
      ["str", "b"],
      ["int", "123456789012345678901234567890"],
    ],
    [
      ["str", "bytes"],
      ["bytes", "00ff"],
    ],
    [
      ["str", "c"],
      [
        "tuple",
        [
          ["int", "1"],
          ["float", "2.0", "4000000000000000"],
          ["list", [["bool", true]]],
        ],
      ],
    ],
    [
      ["str", "cold"],
      ["float", "-0.0", "8000000000000000"],
    ],
  ],
] as const;

import { randomBytes } from "node:crypto";
import { createSessions, type SessionManager } from "hipflask";
import { flaskConfig } from "hipflask/flask";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFlaskSession } from "../support/flask-server.ts";
import { describeWith } from "../support/provisioned.ts";
import type { RunningServer } from "../support/server-process.ts";
import { Browser } from "./browser.ts";
import { PLACES, type Python, PYTHONS, type SharedPlace } from "./flask-session-places.ts";
import { appOf, listen } from "./ts-app.ts";

const SECRET = randomBytes(32).toString("base64url");
const DIRECTIONS = [
  { here: "Flask", there: "TypeScript" },
  { here: "TypeScript", there: "Flask" },
] as const;

type Side = "Flask" | "TypeScript";

for (const python of PYTHONS) {
  for (const { name, needs, debianOnly, open } of PLACES) {
    if (debianOnly === true && !python.isOld) continue;
    const title = `one session in ${python.isOld ? "an old Flask-Session" : "a newer Flask-Session"} and TypeScript, in ${name}`;
    describeWith(["flask-session", "gunicorn", ...needs], title, () => walk(python, open));
  }
}

function walk(python: Python, open: (python: Python) => Promise<SharedPlace>): void {
  let place: SharedPlace;
  let sessions: SessionManager<Record<string, any>>;
  const servers = {} as Record<Side, RunningServer>;

  beforeAll(async () => {
    place = await open(python);
    sessions = createSessions<Record<string, any>>(
      flaskConfig({
        SECRET_KEY: SECRET,
        SESSION_SERIALIZATION_FORMAT: python.isOld ? "pickle" : "msgpack",
        ...place.config,
      }),
    );
    servers.Flask = await startFlaskSession({ SECRET_KEY: SECRET, ...place.env }, python.path);
    servers.TypeScript = await listen(appOf(sessions));
  }, 60_000);

  afterAll(async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    await place.close();
  });

  const at = (side: Side, path: string) => servers[side].url + path;

  describe.each(DIRECTIONS)("$here, then $there", ({ here, there }) => {
    test("a login here is a login there", async () => {
      const browser = new Browser();
      await browser.post(at(here, "/login"), { user: "Zoë", permanent: "" });
      expect(await browser.get(at(there, "/data"))).toEqual({ user_id: "Zoë", _permanent: true });
    });

    test("a logout here leaves an anonymous visitor there", async () => {
      const browser = new Browser();
      await browser.post(at(there, "/login"), { user: "Zoë", permanent: "" });
      await browser.get(at(here, "/data"));
      await browser.post(at(here, "/logout"));
      expect(await browser.get(at(there, "/data"))).not.toHaveProperty("user_id");
      expect(await browser.get(at(here, "/data"))).not.toHaveProperty("user_id");
    });

    test("both count on, in turn, in one session", async () => {
      const browser = new Browser();
      for (const side of [here, there, there, here, there]) await browser.post(at(side, "/count"));
      expect(await browser.get(at(here, "/data"))).toMatchObject({ count: 5 });
    });

    test("messages flashed here are shown there, in their categories, and once", async () => {
      const browser = new Browser();
      await browser.post(at(here, "/flash"), { message: "Saved ✓", category: "success" });
      await browser.post(at(there, "/flash"), { message: "Disk full", category: "error" });
      expect(await browser.get(at(there, "/flashes"))).toEqual([
        ["success", "Saved ✓"],
        ["error", "Disk full"],
      ]);
      expect(await browser.get(at(here, "/flashes"))).toEqual([]);
    });

    test("nested changes of both sides add up", async () => {
      const browser = new Browser();
      await browser.post(at(here, "/cart"), { item: "mouse" });
      await browser.post(at(there, "/cart"), { item: "crumbs" });
      await browser.post(at(here, "/cart"), { item: "moon" });
      expect(await browser.get(at(there, "/data"))).toMatchObject({
        cart: { items: ["mouse", "crumbs", "moon"] },
      });
    });
  });

  test("what Python stores keeps its types through a change by TypeScript", async () => {
    // MessagePack and JSON have fewer types, and files are pickles in every release.
    const isPickle = python.isOld || place.config.SESSION_TYPE === "filesystem";
    const stored = isPickle ? [...STORED, ...PICKLED] : STORED;
    const browser = new Browser();
    await browser.send("PUT", at("Flask", "/store"), {}, ["dict", [PERMANENT, ...stored]]);
    await browser.post(at("TypeScript", "/count"));
    await browser.post(at("Flask", "/count"));
    const [, entries] = await browser.get(at("Flask", "/dump"));
    const kept = entries.filter(([key]: any) => !["_permanent", "count"].includes(key[1]));
    expect(kept).toEqual(stored);
    expect(entries).toContainEqual([
      ["str", "count"],
      ["int", "2"],
    ]);
  });

  test("a write of Python's in the middle of a request of ours is not overwritten", async () => {
    const browser = new Browser();
    await browser.post(at("Flask", "/count"));
    const cookie = await browser.jar.getCookieString(at("Flask", "/"));
    const exchange = sessions.open({ cookie, host: "127.0.0.1", encrypted: false });
    const session = await exchange.session();
    session.data["ours"] = 1;
    await browser.post(at("Flask", "/cart"), { item: "theirs" });
    await exchange.commit();
    expect(await browser.get(at("Flask", "/data"))).toMatchObject({
      count: 1,
      ours: 1,
      cart: { items: ["theirs"] },
    });
  });

  test("a logout of Python's in the middle of a request of ours is not undone by us", async () => {
    const browser = new Browser();
    await browser.post(at("Flask", "/login"), { user: "Zoë", permanent: "" });
    const cookie = await browser.jar.getCookieString(at("Flask", "/"));
    const exchange = sessions.open({ cookie, host: "127.0.0.1", encrypted: false });
    const session = await exchange.session();
    session.data["ours"] = 1;
    await browser.post(at("Flask", "/logout"));
    await exchange.commit();
    const late = sessions.open({ cookie, host: "127.0.0.1", encrypted: false });
    expect((await late.session()).data).not.toHaveProperty("user_id");
  });
}

/** Flask-Session 0.3.2 cannot read a session from SQL that has no end. */
const PERMANENT = [
  ["str", "_permanent"],
  ["bool", true],
];

/** What every format holds. */
const STORED = [
  [["str", "none"], ["null"]],
  [
    ["str", "z"],
    ["float", "1.0", "3ff0000000000000"],
  ],
  [
    ["str", "a"],
    ["int", "18446744073709551615"],
  ],
  [
    ["str", "bytes"],
    ["bytes", "00ff"],
  ],
  [
    ["str", "when"],
    ["datetime", "2026-11-20T01:02:03.000004", 0],
  ],
  [
    ["str", "__proto__"],
    [
      "dict",
      [
        [
          ["int", "7"],
          ["str", "a dict with a number as its key"],
        ],
      ],
    ],
  ],
];

/** What pickles alone hold. */
const PICKLED = [
  [
    ["str", "more"],
    ["int", "123456789012345678901234567890"],
  ],
  [
    ["str", "t"],
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
    ["str", "there"],
    ["datetime", "2026-11-20T01:02:03.000004", 120],
  ],
  [
    ["str", "id"],
    ["uuid", "0123456789abcdef0123456789abcdef"],
  ],
  [
    ["str", "html"],
    ["markup", "<b>"],
  ],
];

import { sessionsAdmin } from "hipflask/inspector/admin";
import { MemoryStore } from "hipflask/stores/memory";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp } from "../../apps/demo/app.ts";
import { signedPlace, storedPlace } from "../../apps/demo/place.ts";
import { demoOf, type ServedDemo, serveDemo } from "../../apps/demo/test-demo.ts";
import { fill, serveAdmin, setUpAdmin } from "../inspector/admin-sessions.ts";
import { describeWith } from "../support/provisioned.ts";
import { KEY } from "../support/visitor.ts";
import { startFirefox } from "./firefox.ts";
import type { RealBrowser } from "./real-browser.ts";
import { complaints, shows, until } from "./shown.ts";

/** What the demo tries on the browser. */
const RECIPES = [
  "A session’s cookie",
  "For this folder only",
  "Never from elsewhere",
  "For strangers, with Secure",
  "For strangers, without Secure",
  "__Host-, as it must be",
  "__Host-, but not Secure",
];

// What they do in Chromium is tested beside them, and much more of it.
describeWith("firefox", "in Firefox", () => {
  let window: RealBrowser;
  vi.setConfig({ testTimeout: 60_000 });

  beforeAll(async () => {
    window = await startFirefox();
  }, 120_000);

  afterAll(async () => {
    vi.resetConfig();
    await window?.close();
  });

  beforeEach(() => window.clear());

  /** Presses the button whose text begins so. */
  async function press(text: string): Promise<void> {
    const button = `[...document.querySelectorAll("button")].find((one) => one.textContent.trim().replace(/\\s+/g, " ").startsWith(${JSON.stringify(text)}))`;
    await until(window, `${button} !== undefined`);
    await window.run(`${button}.click()`);
  }

  describe("the demo", () => {
    let served: ServedDemo;

    beforeAll(async () => {
      const signed = signedPlace({ secretKey: KEY, secretKeyFallbacks: [] });
      served = await serveDemo(createApp(demoOf(signed, storedPlace("memory", new MemoryStore()))));
    });

    afterAll(() => served.close());

    async function visit(path: string): Promise<void> {
      await window.visit(served.url + path);
      await until(window, `document.querySelector(":root[data-storage]")`);
    }

    test("counts visits, and tells what went over the wire", async () => {
      await visit("/");
      await press("Count a visit");
      await shows(window, "#kept", "All of it is in the cookie");
      await press("Count a visit");
      await shows(window, "#wire-body pre", '"session_value": 2');
      const session = (await window.cookies()).find(({ name }) => name === "session");
      expect(session).toMatchObject({ httpOnly: true, sameSite: "lax", path: "/" });
    });

    test("ignores a session of which a character was changed", async () => {
      await visit("/see/session");
      await press("Get a session");
      await shows(window, ".part.signature", "Right");
      await press("Change one character");
      await shows(window, "#ignored", "token.bad_mac");
    });

    test("says of each cookie what the browser has done with it", async () => {
      const outcomes = new Set<unknown>();
      for (const recipe of RECIPES) {
        await window.clear();
        await visit("/see/attributes");
        await press(recipe);
        await until(window, `/kept\\./i.test(document.querySelector("#kept")?.textContent)`);
        const said = await window.run(
          `return document.querySelector("#kept").textContent.includes("Not kept.")`,
        );
        // Beside the place, the page tries for a moment whether the browser keeps cookies at all.
        const others = ["place", "probe"];
        const names = (await window.cookies())
          .map(({ name }) => name)
          .filter((name) => !others.includes(name));
        expect([recipe, said]).toEqual([recipe, names.length === 0]);
        outcomes.add(said);
      }
      expect(outcomes.size).toBe(2);
    });

    test("counts a hundred clicks at once, and loses some where the last write wins", async () => {
      await visit("/");
      await window.run(`await fetch("/places/memory", { method: "POST" })`);
      await visit("/see/parallel");
      await press("Count 100 visits");
      await shows(window, "#burst-result.good", "each number once");
      await window.run(
        `[...document.querySelectorAll("label")].find((label) => label.textContent.includes("a session that is read")).click()`,
      );
      await press("Count 100 visits");
      await shows(window, "#burst-result.bad", "those visits are lost");
    });

    test.each(["/", "/see/session", "/see/attributes", "/see/parallel"])(
      "axe finds nothing on %s, and nothing sticks out",
      async (path) => {
        await visit(path);
        expect(await complaints(window)).toEqual({ wide: [], phone: [] });
      },
    );
  });

  describe("the session administration", () => {
    test("ends a session, and axe finds nothing", async () => {
      const setting = setUpAdmin();
      const served = await serveAdmin({
        ...setting,
        admin: sessionsAdmin(setting.sessions, { guard: () => true }),
      });
      try {
        await fill(setting, 12);
        await window.visit(`${served.url}/admin/sessions/`);
        expect(await complaints(window)).toEqual({ wide: [], phone: [] });
        await press("End the session of ada@example.com on Firefox");
        await shows(window, "[role=status]", "The session was ended.");
        expect((await setting.sessions.list()).sessions).toHaveLength(11);
      } finally {
        served.close();
      }
    });
  });
});

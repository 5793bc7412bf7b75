import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createApp } from "../../apps/demo/app.ts";
import { signedPlace } from "../../apps/demo/place.ts";
import { demoOf, type ServedDemo, serveDemo } from "../../apps/demo/test-demo.ts";
import { describeWith } from "../support/provisioned.ts";
import { KEY } from "../support/visitor.ts";
import { startFirefox } from "./firefox.ts";
import type { RealBrowser } from "./real-browser.ts";
import { complaints, shows, until } from "./shown.ts";

describeWith("firefox", "the demo in a Firefox that keeps no cookies", () => {
  let window: RealBrowser;
  let served: ServedDemo;
  vi.setConfig({ testTimeout: 60_000 });

  beforeAll(async () => {
    served = await serveDemo(createApp(demoOf(signedPlace({ secretKey: KEY, secretKeyFallbacks: [] }))));
    window = await startFirefox({ "network.cookie.cookieBehavior": 2 });
  }, 120_000);

  afterAll(async () => {
    vi.resetConfig();
    served.close();
    await window?.close();
  });

  test.each(["/", "/see/session", "/see/store", "/see/attributes", "/see/account", "/see/flask"])(
    "says so on %s, and axe finds nothing",
    async (path) => {
      await window.visit(served.url + path);
      await until(window, `document.querySelector(":root[data-storage]")`);
      await shows(window, "#no-cookies:not([hidden])", "keeps no cookies");
      expect(await complaints(window)).toEqual({ wide: [], phone: [] });
    },
  );

  test("makes its requests, and shows what came back", async () => {
    await window.visit(`${served.url}/`);
    await until(window, `document.querySelector(":root[data-storage]")`);
    await window.run(`document.querySelector("button[data-path='/sessions/count']").click()`);
    await shows(window, "#wire-body pre", '"session_value": 1');
  });
});

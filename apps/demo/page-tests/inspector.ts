import { describe, test } from "vitest";
import type { Bench } from "../demo-browser.ts";

/** The inspector beside the demo. */
export function inspectorTests(bench: Bench): void {
  describe("the inspector", () => {
    test("says that a browser keeps no cookies, where its requests would never be seen", async () => {
      const tab = await bench.browser.visit("/");
      await tab.context.route("**/inspector/state*", async (route) => {
        const response = await route.fetch();
        await tab.context.clearCookies({ name: "hipflask-inspector" });
        const { "set-cookie": _, ...headers } = response.headers();
        await route.fulfill({ response, headers });
      });
      try {
        await tab.page.goto(`${bench.browser.url}/inspector/`);
        await tab.shows("[role=status]", "not live");
        await tab.shows(".alert", "This browser keeps no cookie of this page");
      } finally {
        await tab.context.unroute("**/inspector/state*");
      }
    });
  });
}

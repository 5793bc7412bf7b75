import { describe, test } from "vitest";
import type { Bench } from "../demo-browser.ts";

/** The online store. */
export function storeTests(bench: Bench): void {
  describe("the online store", () => {
    test.each(["signed", "memory"])(
      "believes an edited plain total, and the session tells (%s)",
      async (place) => {
        const { press, shows } = await bench.browser.visit("/see/store", place);
        await press("Buy Hip flask");
        await press("Buy Knuspermüsli");
        await shows("#total-session", "€45");
        await press(/^Pay €1/);
        await shows("#receipt", "Believed.");
        await shows("#totals-note", "They disagree");
        await press("Check out");
        await shows("#receipt", "By the plain cookie you pay €1, by the session €45.");
        await shows("#cart", "Your cart is empty");
      },
    );
  });
}

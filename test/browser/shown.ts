import { source as axeSource } from "axe-core";
import { expect } from "vitest";
import type { RealBrowser } from "./real-browser.ts";

/** Waits until an expression is true in the page, ten seconds at most. */
export async function until(window: RealBrowser, condition: string): Promise<void> {
  const body = `for (let i = 0; i < 400; i++) {
    if (${condition}) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }`;
  expect([condition, await window.run(body)]).toEqual([condition, true]);
}

/** Waits until an element that a selector finds has a text in it. */
export function shows(window: RealBrowser, selector: string, text: string): Promise<void> {
  return until(
    window,
    `[...document.querySelectorAll(${JSON.stringify(selector)})].some((element) => element.textContent.includes(${JSON.stringify(text)}))`,
  );
}

/** What axe-core complains about, and what sticks out, in a wide window and on a phone. */
export async function complaints(window: RealBrowser): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, width] of [
    ["wide", 1200],
    ["phone", 390],
  ] as const) {
    await window.resize(width, 800);
    found[name] = await window.run(`${axeSource};
      const { violations } = await axe.run({ iframes: false });
      const excess = document.documentElement.scrollWidth - innerWidth;
      const ids = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html));
      return excess > 0 ? [...ids, excess + " pixels stick out"] : ids;`);
  }
  return found;
}

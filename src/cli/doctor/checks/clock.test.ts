import { expect, test } from "vitest";
import type { Exchange } from "../visit.ts";
import { checkClock } from "./clock.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

/** What is said of an answer that came within so many seconds after noon, with a date so many seconds after it. */
async function skewOf(came: number, date: number, headers: Record<string, string> = {}) {
  const exchange = {
    url: new URL("https://example.com/"),
    headers: { date: new Date(NOON + date * 1000).toUTCString(), ...headers },
    // A date has whole seconds, so on average it is half a second old.
    asked: NOON + 500,
    at: NOON + 500 + came * 1000,
  };
  const visits = { first: [exchange as Exchange], plain: [], again: [], forged: [], cwd: "/" };
  return [...(await checkClock(visits))].map(({ message }) => message);
}

test.each([
  ["a clock that is right", 1, 0],
  ["one that is 5 seconds ahead", 0, 5],
  ["one that is 5 seconds behind", 0, -5],
  ["a slow answer, dated when it was begun", 13, 0],
  ["a slow answer, dated when it was sent", 13, 13],
])("nothing is wrong with %s", async (_, came, date) => {
  expect(await skewOf(came, date)).toEqual([]);
});

test.each([
  [0, 60, "60 seconds ahead of"],
  [0, -60, "60 seconds behind"],
  [13, 73, "60 seconds ahead of"],
  [13, -60, "60 seconds behind"],
])("one of %i seconds and a date of %i is %s this machine's", async (came, date, skew) => {
  expect(await skewOf(came, date)).toEqual([`The server's clock is ${skew} this machine's.`]);
});

test("a cache's answer does not tell: it keeps the date of when it was made", async () => {
  expect(await skewOf(0, -3600, { age: "3600" })).toEqual([]);
  expect(await skewOf(0, -3600, { age: "0" })).toHaveLength(1);
});

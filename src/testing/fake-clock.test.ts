import { expect, test } from "vitest";
import { FakeClock } from "./index.ts";

test("stands still until it is moved, by seconds, forth and back", () => {
  const clock = new FakeClock(new Date("2031-05-06T07:08:09.123Z"));
  const start = clock.now();
  expect(new Date(start).toISOString()).toBe("2031-05-06T07:08:09.123Z");
  clock.move(1.5);
  expect(clock.now()).toBe(start + 1500);
  clock.move(-3);
  expect(clock.now()).toBe(start - 1500);
});

test("begins with a second of the machine's, the same for all", async () => {
  const now = new FakeClock().now();
  expect(now % 1000).toBe(0);
  expect(now).toBeLessThanOrEqual(Date.now());
  expect(Date.now() - now).toBeLessThan(60 * 60 * 1000);
  await new Promise((resolve) => {
    setTimeout(resolve, 1001);
  });
  expect(new FakeClock().now()).toBe(now);
});

test("refuses what is no instant and no number of seconds", () => {
  expect(() => new FakeClock(new Date("soon"))).toThrow(RangeError);
  expect(() => new FakeClock().move(Number.NaN)).toThrow(RangeError);
  expect(() => new FakeClock().move(undefined as never)).toThrow(RangeError);
});

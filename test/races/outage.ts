import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { overHttp } from "../../src/testing/adapters/send.ts";
import { Client, type RunningApp } from "../support/client.ts";
import { type Timed, timed, Witness } from "./witness.ts";

/** Milliseconds in which there is an answer: the store's second, and one look at the clock; not twice that. */
export const ANSWERED = 2000;
/** Milliseconds in which whoever waits for no store is answered. */
const AT_ONCE = 900;
/** Milliseconds in which a store that works again is used again. */
export const HEALED = 2000;

/** For how long an outage goes on at least once it is known: long enough for clients to try again but rarely. */
const LASTS = process.env["HIPFLASK_LONG"] === "1" ? 6000 : 0;

/** Something that keeps a store from working. */
export interface Situation {
  readonly name: string;
  /** Whether sessions can be read meanwhile. Default: false. */
  readonly reads?: boolean;
  begin(): Promise<unknown> | void;
  /** Done when the store could work again. */
  end(): Promise<unknown> | void;
}

/** Asks until the condition holds. @returns after how many milliseconds it did */
export async function until(what: string, limit: number, condition: () => Promise<boolean>): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > limit) throw new Error(`After ${limit} ms there is still not ${what}.`);
    await sleep(20);
  }
  return performance.now() - start;
}

export interface Stats {
  readonly store: Record<string, number>;
  readonly events: Record<string, number>;
  readonly rss: number;
  readonly unhandled: number;
}

export async function statsOf(app: RunningApp): Promise<Stats> {
  return (await overHttp(app.origin)("/stats")).json();
}

/** How many events there were since `before`. */
export function eventsSince(before: Stats, after: Stats, type: string): number {
  return (after.events[type] ?? 0) - (before.events[type] ?? 0);
}

/** The answer to whoever needs a store that does not work. */
export function expectRefused(reply: Timed, limit = ANSWERED): void {
  expect([reply.status, reply.header("retry-after"), reply.setCookies]).toEqual([503, "1", []]);
  expect(reply.ms).toBeLessThan(limit);
}

/** What needs no store. */
async function askUnconcerned(app: RunningApp, { client }: Witness): Promise<Timed[]> {
  const stranger = new Client(overHttp(app.origin), app.origin);
  return Promise.all([
    timed(client.get("/ping")),
    timed(client.get("/nop")),
    timed(stranger.get("/ping")),
    timed(stranger.get("/me")),
    timed(stranger.get("/dump")),
  ]);
}

/** It goes on. @param patience milliseconds more, for a busy machine */
export async function expectUnconcerned(app: RunningApp, witness: Witness, patience = 0): Promise<void> {
  for (const { status, setCookies, ms } of await askUnconcerned(app, witness)) {
    expect([status, setCookies]).toEqual([200, []]);
    expect(ms).toBeLessThan(AT_ONCE + patience);
  }
}

/** Goes through an outage: what works before, during and after it. */
export async function goThrough(app: RunningApp, situation: Situation): Promise<void> {
  // What another situation may have left behind is over.
  await until(
    "a store that works",
    20_000,
    async () => (await new Witness(app, "eve").login()).status === 200,
  );
  const before = await statsOf(app);
  const staying = await Witness.loggedIn(app);
  const renewed = await Witness.loggedIn(app);
  const leaving = await Witness.loggedIn(app);
  const cookie = await leaving.client.cookie("session");
  // A machine that is busy with other work shows it already, while nothing is wrong.
  const patience = 4 * Math.max(...(await askUnconcerned(app, staying)).map(({ ms }) => ms));
  const limit = ANSWERED + patience;

  await situation.begin();
  let logouts: Timed[];
  try {
    const asked = [
      staying.get("/dump"),
      staying.write(),
      staying.post("/incr/n"),
      renewed.login(),
      leaving.post("/logout"),
      new Witness(app, "eve").login(),
    ];
    await expectUnconcerned(app, staying, patience);
    const replies = await Promise.all(asked);
    const [read, logout] = [replies[0]!, replies[4]!];
    for (const reply of replies) if (reply !== read && reply !== logout) expectRefused(reply, limit);
    logouts = [logout];
    if (situation.reads === true) {
      expect(read.status).toBe(200);
    } else {
      for (const reply of [read, logout]) expectRefused(reply, limit);
      // It is known by now, so nobody waits but those who try it.
      const later: Timed[] = [];
      const end = performance.now() + LASTS;
      for (let count = 0; count < 5 || performance.now() < end; count++) {
        later.push(await staying.write(), await staying.get("/me"));
        logouts.push(await leaving.post("/logout"));
      }
      for (const reply of [...later, ...logouts]) expectRefused(reply, limit);
      const times = [...later, ...logouts].map(({ ms }) => ms).toSorted((a, b) => a - b);
      expect(times[Math.floor(times.length / 3)]).toBeLessThan(AT_ONCE + patience);
      await expectUnconcerned(app, staying, patience);
    }
  } finally {
    await situation.end();
  }

  const ms = await until("an answer", 60_000, async () => (await staying.write()).status === 200);
  await staying.expectKept();
  expect(ms).toBeLessThan(HEALED + patience);
  if (logouts.every(({ status }) => status === 503))
    expect(await leaving.client.cookie("session")).toBe(cookie);
  await renewed.expectKept();
  const after = await statsOf(app);
  expect(after.unhandled).toBe(0);
  expect(eventsSince(before, after, "store.failed")).toBeGreaterThan(0);
  expect(eventsSince(before, after, "store.up")).toBe(eventsSince(before, after, "store.down"));
  if (situation.reads !== true) expect(eventsSince(before, after, "store.down")).toBeGreaterThan(0);
}

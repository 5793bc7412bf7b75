import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { Client, overHttp, type Reply, type RunningApp } from "../support/client.ts";

/** Milliseconds in which there is an answer: the store's second, one look at the clock, and a busy machine. */
export const ANSWERED = 1500;
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

/** A response, and how long it took. */
export interface Timed extends Reply {
  readonly ms: number;
}

export async function timed(asking: Promise<Reply>): Promise<Timed> {
  const start = performance.now();
  const reply = await asking;
  return Object.assign(reply, { ms: performance.now() - start });
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

/** A browser whose user remembers what was acknowledged, and what was not. */
export class Witness {
  readonly client: Client;
  readonly #user: string;
  readonly #acknowledged = new Map<string, number>();
  readonly #doubtful = new Map<string, number>();
  #values = 0;

  constructor(app: Pick<RunningApp, "origin">, user: string) {
    this.client = new Client(overHttp(app.origin), app.origin);
    this.#user = user;
  }

  /** One whose user is logged in, with data from before and after the login. */
  static async loggedIn(app: Pick<RunningApp, "origin">, user = "ada"): Promise<Witness> {
    const witness = new Witness(app, user);
    expect((await witness.write()).status).toBe(200);
    expect((await witness.login()).status).toBe(200);
    expect((await witness.write()).status).toBe(200);
    return witness;
  }

  /** Writes a key of its own. */
  async write(): Promise<Timed> {
    this.#values += 1;
    const [key, value] = [`key${this.#values}`, this.#values];
    const reply = await timed(this.client.ask("PUT", `/data/${key}`, { json: value }));
    (reply.status === 200 ? this.#acknowledged : this.#doubtful).set(key, value);
    return reply;
  }

  login(): Promise<Timed> {
    return this.post(`/login?user=${this.#user}`);
  }

  get(path: string): Promise<Timed> {
    return timed(this.client.get(path));
  }

  post(path: string): Promise<Timed> {
    return timed(this.client.post(path));
  }

  /** The user is logged in, all that was acknowledged is there, and of the rest each write is there whole or not at all. */
  async expectKept(): Promise<void> {
    expect((await this.get("/me")).json()).toMatchObject({ user: this.#user, new: false });
    const data = (await this.get("/dump")).json();
    expect(data).toMatchObject(Object.fromEntries(this.#acknowledged));
    for (const [key, value] of this.#doubtful) expect([undefined, value]).toContain(data[key]);
  }
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
export function expectRefused(reply: Timed): void {
  expect([reply.status, reply.header("retry-after"), reply.setCookies]).toEqual([503, "1", []]);
  expect(reply.ms).toBeLessThan(ANSWERED);
}

/** What needs no store goes on. */
export async function expectUnconcerned(app: RunningApp, { client }: Witness): Promise<void> {
  const stranger = new Client(overHttp(app.origin), app.origin);
  const replies = await Promise.all([
    timed(client.get("/ping")),
    timed(client.get("/nop")),
    timed(stranger.get("/ping")),
    timed(stranger.get("/me")),
    timed(stranger.get("/dump")),
  ]);
  for (const { status, setCookies, ms } of replies) {
    expect([status, setCookies]).toEqual([200, []]);
    expect(ms).toBeLessThan(500);
  }
}

/** Goes through an outage: what works before, during and after it. */
export async function goThrough(app: RunningApp, situation: Situation): Promise<void> {
  const before = await statsOf(app);
  const staying = await Witness.loggedIn(app);
  const renewed = await Witness.loggedIn(app);
  const leaving = await Witness.loggedIn(app);
  const cookie = await leaving.client.cookie("session");

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
    await expectUnconcerned(app, staying);
    const replies = await Promise.all(asked);
    const [read, logout] = [replies[0]!, replies[4]!];
    for (const reply of replies) if (reply !== read && reply !== logout) expectRefused(reply);
    logouts = [logout];
    if (situation.reads === true) {
      expect(read.status).toBe(200);
    } else {
      for (const reply of [read, logout]) expectRefused(reply);
      // It is known by now, so nobody waits but those who try it.
      const later: Timed[] = [];
      const end = performance.now() + LASTS;
      for (let count = 0; count < 5 || performance.now() < end; count++) {
        later.push(await staying.write(), await staying.get("/me"));
        logouts.push(await leaving.post("/logout"));
      }
      for (const reply of [...later, ...logouts]) expectRefused(reply);
      const times = [...later, ...logouts].map(({ ms }) => ms).toSorted((a, b) => a - b);
      expect(times[Math.floor(times.length / 3)]).toBeLessThan(200);
      await expectUnconcerned(app, staying);
    }
  } finally {
    await situation.end();
  }

  const ms = await until("an answer", 60_000, async () => (await staying.write()).status === 200);
  await staying.expectKept();
  expect(ms).toBeLessThan(HEALED);
  if (logouts.every(({ status }) => status === 503))
    expect(await leaving.client.cookie("session")).toBe(cookie);
  await renewed.expectKept();
  const after = await statsOf(app);
  expect(after.unhandled).toBe(0);
  expect(eventsSince(before, after, "store.failed")).toBeGreaterThan(0);
  expect(eventsSince(before, after, "store.up")).toBe(eventsSince(before, after, "store.down"));
  if (situation.reads !== true) expect(eventsSince(before, after, "store.down")).toBeGreaterThan(0);
}

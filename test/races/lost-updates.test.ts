import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, overHttp, type RunningApp, startApp } from "../support/client.ts";
import { describeWith } from "../support/provisioned.ts";
import { Crowd } from "./crowd.ts";
import { type Rig, RIGS } from "./rigs.ts";

for (const kind of RIGS) {
  /** Requests of all processes together: half of them write a key of their own, half add 1 to one number. */
  const { requests = 1000 } = kind;
  const title = `of ${requests} parallel requests of ${kind.processes} processes on one session (${kind.store})`;
  const describeRig = kind.needs === undefined ? describe : describeWith.bind(undefined, kind.needs);
  describeRig(title, () => {
    let rig: Rig;
    let apps: RunningApp[];

    beforeAll(async () => {
      rig = await kind.start();
      // One after the other: the first makes what the others find.
      apps = [];
      for (let i = 0; i < kind.processes; i++) apps.push(await startApp({ ...rig.env, ADAPTER: "node" }));
    }, 60_000);

    afterAll(async () => {
      await Promise.all(apps.map((app) => app.stop()));
      await rig.close();
    });

    async function newSession(): Promise<Client> {
      const client = new Client(overHttp(apps[0]!.origin), apps[0]!.origin);
      await client.ask("PUT", "/data/first", { json: 1 });
      return client;
    }

    test("no acknowledged write is lost, and counting is exact", { timeout: 60_000 }, async () => {
      const client = await newSession();
      const crowd = new Crowd(`session=${await client.cookie("session")}`, requests / kind.processes);
      // Whoever uses a driver for the first time waits for it to be compiled.
      for (const { origin } of apps) await crowd.send(`${origin}/dump`);
      const replies = await Promise.all(
        Array.from({ length: requests }, async (_, i) => {
          const origin = apps[i % apps.length]!.origin;
          const isCount = i % 2 === 0;
          const reply = isCount
            ? await crowd.send(`${origin}/incr/n`, "POST")
            : await crowd.send(`${origin}/data/key${i}`, "PUT", String(i));
          return { ...reply, i, isCount };
        }),
      );
      crowd.close();
      const data = (await client.get("/dump")).json();
      const acknowledged = replies.filter(({ status }) => status === 200);
      const counted = acknowledged.filter(({ isCount }) => isCount);
      // What was refused because the store was late may have been done.
      const refused = replies.filter(({ status, isCount }) => status === 503 && isCount).length;
      expect(data.n).toBeGreaterThanOrEqual(counted.length);
      expect(data.n).toBeLessThanOrEqual(counted.length + refused);
      expect(new Set(counted.map(({ body }) => body)).size).toBe(counted.length);
      const lost = acknowledged.filter(({ isCount, i }) => !isCount && data[`key${i}`] !== i);
      expect(lost).toEqual([]);
      // What was not acknowledged was refused, and that is the exception.
      expect(replies.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
      // On a machine that is busy with other things timings say nothing.
      if (process.env["HIPFLASK_LONG"] !== "1") return;
      expect(acknowledged.length).toBeGreaterThan(requests * 0.95);
      const times = replies.map(({ ms }) => ms).toSorted((a, b) => a - b);
      expect(times[Math.floor(requests * 0.99)]).toBeLessThan(3000);
    });

    test("twenty of twenty keys are kept, every time", async () => {
      for (let round = 0; round < 10; round++) {
        const client = await newSession();
        const crowd = new Crowd(`session=${await client.cookie("session")}`, 20);
        const replies = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            crowd.send(`${apps[i % apps.length]!.origin}/data/key${i}`, "PUT", String(i)),
          ),
        );
        crowd.close();
        expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
        expect((await client.get("/keys")).json()).toHaveLength(21);
      }
    });
  });
}

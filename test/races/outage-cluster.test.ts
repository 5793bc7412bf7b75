import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "../support/client.ts";
import { describeWith } from "../support/provisioned.ts";
import { type RedisCluster, redisCli, startRedisCluster } from "../support/redis-server.ts";
import { ANSWERED, expectRefused, expectUnconcerned, HEALED, statsOf, until } from "./outage.ts";
import { Witness } from "./witness.ts";

/** Whether every node that runs knows three masters that are alive. */
async function hasTakenOver({ nodes }: RedisCluster): Promise<boolean> {
  const running = nodes.filter((node) => node.isRunning);
  const views = await Promise.all(running.map(({ port }) => redisCli(port, "CLUSTER", "NODES")));
  return views.every((view) => {
    const masters = view.split("\n").filter((line) => /^\S+ \S+ (?:myself,)?master /.test(line));
    return masters.length === 3;
  });
}

describeWith("redis", "a Redis Cluster whose master dies", () => {
  let cluster: RedisCluster;
  let app: RunningApp;

  beforeAll(async () => {
    cluster = await startRedisCluster();
    const STORE_URL = cluster.nodes.map(({ url }) => url).join(",");
    app = await startApp({ STORAGE: "server", STORE: "redis-cluster", STORE_URL, ADAPTER: "node" });
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    await cluster.close();
  });

  test("refuses what it keeps until its replica takes over, and no longer", { timeout: 60_000 }, async () => {
    const witnesses = await Promise.all(
      Array.from({ length: 12 }, (_, i) => Witness.loggedIn(app, `user${i}`)),
    );
    // What has been acknowledged is with the replicas too: a failover may lose what is not.
    await Promise.all(cluster.nodes.slice(0, 3).map(({ port }) => redisCli(port, "WAIT", "1", "5000")));
    await cluster.nodes[0]!.kill();
    const refused = new Set<number>();
    const answers = async () => {
      const replies = await Promise.all(witnesses.map((witness) => witness.write()));
      for (const [i, reply] of replies.entries()) {
        if (reply.status === 200) continue;
        // What was read just in time may not be written in time.
        expectRefused(reply, 2 * ANSWERED);
        refused.add(i);
      }
      return replies.every(({ status }) => status === 200);
    };
    await answers();
    await expectUnconcerned(app, witnesses[0]!);
    expect(refused.size).toBeGreaterThan(0);
    await until("a replica that took over", 20_000, () => hasTakenOver(cluster));
    // The client finds out where everything is now while a first round may still wait for the dead one.
    await until("an answer to everybody", HEALED + ANSWERED, answers);
    // Who is at home on another master did not notice.
    expect(refused.size).toBeLessThan(witnesses.length);
    for (const witness of witnesses) await witness.expectKept();
    expect((await statsOf(app)).unhandled).toBe(0);
  });
});

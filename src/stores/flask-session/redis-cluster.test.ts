import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { at, key, layoutSuite, record, text } from "../../../test/flask-session/layout-suite.ts";
import { describeWith } from "../../../test/support/provisioned.ts";
import { redisCli, type RedisCluster, startRedisCluster } from "../../../test/support/redis-server.ts";
import { FlaskRedisStore, type RedisClient } from "./redis.ts";

describeWith("redis", "FlaskRedisStore on a Cluster", () => {
  let cluster: RedisCluster;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    cluster = await startRedisCluster();
  }, 60_000);
  afterAll(async () => {
    for (const end of ends) await end();
    await cluster.close();
  });

  const connectNodeRedis = async (): Promise<RedisClient> => {
    const client = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) });
    ends.push(() => client.destroy());
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const connectIoRedis = async (): Promise<RedisClient> => {
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })));
    ends.push(() => client.disconnect());
    client.on("error", () => undefined);
    return client;
  };

  for (const [name, connect] of [
    ["node-redis", connectNodeRedis],
    ["ioredis", connectIoRedis],
  ] as const) {
    describe(name, () => {
      const clients: RedisClient[] = [];
      let opened = 0;
      layoutSuite({
        open: async (space) => {
          const client = (clients[opened++ % 2] ??= await connect());
          return new FlaskRedisStore(client, { prefix: `${name}:${space}:` });
        },
        expiry: "server",
      });

      test("sessions are spread over the masters, and keys with braces are no exception", async () => {
        const store = new FlaskRedisStore(await connect(), { prefix: `{${name}}` });
        const spread = new FlaskRedisStore(await connect(), { prefix: `${name} spread:` });
        for (let index = 0; index < 30; index++) {
          await store.create(key(`a-${index}`), record(`${index}`), at(0));
          await spread.create(key(`a-${index}`), record(`${index}`), at(0));
        }
        for (let index = 0; index < 30; index++) {
          expect(text(await store.load(key(`a-${index}`)))).toBe(`${index}`);
          expect(text(await spread.load(key(`a-${index}`)))).toBe(`${index}`);
        }
        const scans = cluster.nodes
          .slice(0, 3)
          .map(({ port }) => redisCli(port, "--scan", "--pattern", `${name} spread:*`));
        for (const found of await Promise.all(scans)) expect(found).not.toBe("");
      });
    });
  }
});

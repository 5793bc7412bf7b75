import { Cluster, Redis } from "ioredis";
import { createCluster, createSentinel } from "redis";
import { afterAll, beforeAll, describe, test } from "vitest";
import { describeWith } from "../../test/support/provisioned.ts";
import {
  type RedisCluster,
  type RedisSentinel,
  startRedisCluster,
  startRedisSentinel,
} from "../../test/support/redis-server.ts";
import { storeSuite } from "../testing/index.ts";
import { type RedisClient, RedisStore } from "./redis.ts";

interface Connected {
  readonly client: RedisClient;
  readonly end: () => unknown;
}

function suites(connections: Record<string, () => Promise<Connected>>): void {
  for (const [name, connect] of Object.entries(connections)) {
    describe(name, () => {
      storeSuite({
        test,
        open: async (space) => {
          const { client, end } = await connect();
          const store = new RedisStore(client, { prefix: `${name}:${space}:` });
          return { store, close: async () => void (await end()) };
        },
        capabilities: { owners: true, deleteAll: true },
      });
    });
  }
}

describeWith("redis", "RedisStore on a Cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.close());

  suites({
    "node-redis": async () => {
      const client = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) });
      client.on("error", () => undefined);
      await client.connect();
      return { client, end: () => client.destroy() };
    },
    ioredis: async () => {
      const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })));
      return { client, end: () => client.disconnect() };
    },
  });
});

describeWith("redis", "RedisStore behind a Sentinel", () => {
  let group: RedisSentinel;
  beforeAll(async () => {
    group = await startRedisSentinel();
  });
  afterAll(() => group.close());

  suites({
    "node-redis": async () => {
      const { name, sentinel } = group;
      const client = createSentinel({
        name,
        sentinelRootNodes: [{ host: "127.0.0.1", port: sentinel.port }],
      });
      await client.connect();
      return { client, end: () => client.destroy() };
    },
    ioredis: async () => {
      const { name, sentinel } = group;
      const client = new Redis({ name, sentinels: [{ host: "127.0.0.1", port: sentinel.port }] });
      return { client, end: () => client.disconnect() };
    },
  });
});

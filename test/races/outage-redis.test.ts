import { afterAll, beforeAll, test } from "vitest";
import { type ChaosProxy, startProxy } from "../support/chaos-proxy.ts";
import { type RunningApp, startApp } from "../support/client.ts";
import { describeWith } from "../support/provisioned.ts";
import { redisCli, type RedisServer, startRedis } from "../support/redis-server.ts";
import { commonSituations } from "./outage-situations.ts";
import { goThrough, type Situation } from "./outage.ts";

describeWith("redis", "an outage of Redis", () => {
  let server: RedisServer;
  let proxy: ChaosProxy;
  let app: RunningApp;

  beforeAll(async () => {
    server = await startRedis(["--appendonly", "yes", "--appendfsync", "always"]);
    proxy = await startProxy(server.port, { seed: 1 });
    const STORE_URL = `redis://127.0.0.1:${proxy.port}`;
    app = await startApp({ STORAGE: "server", STORE: "redis", STORE_URL, ADAPTER: "node" });
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    await proxy.close();
    await server.close();
  });

  const configure = (...setting: string[]) => redisCli(server.port, "CONFIG", "SET", ...setting);

  const situations: Situation[] = [
    ...commonSituations(
      () => server,
      () => proxy,
    ),
    {
      name: "without the replicas that it must have",
      reads: true,
      begin: () => configure("min-replicas-to-write", "1"),
      end: () => configure("min-replicas-to-write", "0"),
    },
    {
      name: "a replica",
      reads: true,
      begin: () => redisCli(server.port, "REPLICAOF", "127.0.0.1", "1"),
      end: () => redisCli(server.port, "REPLICAOF", "NO", "ONE"),
    },
    {
      name: "out of memory",
      reads: true,
      begin: () => configure("maxmemory", "1"),
      end: () => configure("maxmemory", "0"),
    },
  ];

  test.each(situations)("$name", { timeout: 60_000 }, (situation) => goThrough(app, situation));
});

import { afterAll, beforeAll, describe, test } from "vitest";
import { type ChaosProxy, startProxy } from "../support/chaos-proxy.ts";
import { type RunningApp, startApp } from "../support/client.ts";
import { type DynamodbServer, startDynamodb } from "../support/dynamodb-server.ts";
import { commonSituations } from "./outage-situations.ts";
import { goThrough, type Situation } from "./outage.ts";

describe("an outage of DynamoDB", () => {
  let server: DynamodbServer;
  let proxy: ChaosProxy;
  let app: RunningApp;

  beforeAll(async () => {
    server = await startDynamodb();
    proxy = await startProxy(server.port, { seed: 1 });
    const STORE_URL = `http://127.0.0.1:${proxy.port}`;
    app = await startApp({ STORAGE: "server", STORE: "dynamodb", STORE_URL, ADAPTER: "node" });
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    await proxy.close();
    await server.close();
  });

  const situations: Situation[] = [
    ...commonSituations(
      () => server,
      () => proxy,
    ),
    {
      name: "without capacity for writes",
      reads: true,
      begin: () => server.throttle(),
      end: () => server.relieve(),
    },
  ];

  test.each(situations)("$name", { timeout: 60_000 }, (situation) => goThrough(app, situation));
});

import { type Document, MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type ChaosProxy, startProxy } from "../support/chaos-proxy.ts";
import { type RunningApp, startApp } from "../support/client.ts";
import { type MongodbServer, startMongodb } from "../support/mongodb-server.ts";
import { commonSituations } from "./outage-situations.ts";
import { goThrough, type Situation } from "./outage.ts";

for (const replicaSet of [false, true]) {
  describe(`an outage of MongoDB, ${replicaSet ? "a replica set" : "a server alone"}`, () => {
    let server: MongodbServer;
    let proxy: ChaosProxy;
    let app: RunningApp;

    beforeAll(async () => {
      server = await startMongodb({ durable: true, replicaSet });
      proxy = await startProxy(server.port, { seed: 1 });
      const STORE_URL = server.url.replace(String(server.port), String(proxy.port));
      app = await startApp({ STORAGE: "server", STORE: "mongodb", STORE_URL, ADAPTER: "node" });
    }, 60_000);

    afterAll(async () => {
      await app.stop();
      await proxy.close();
      await server.close();
    });

    async function setFailPoint(mode: string, data: Document = {}): Promise<void> {
      const client = new MongoClient(server.url);
      await client.db("admin").command({ configureFailPoint: "failCommand", mode, data });
      await client.close();
    }

    /** Writes fail, by MongoDB's own means. */
    const failing = (name: string, how: Document): Situation => ({
      name,
      reads: true,
      begin: () => setFailPoint("alwaysOn", { failCommands: ["update", "findAndModify", "delete"], ...how }),
      end: () => setFailPoint("off"),
    });

    const situations: Situation[] = [
      ...commonSituations(
        () => server,
        () => proxy,
      ),
      failing("without room on its disk", { errorCode: 14_031 }),
      failing("without a majority", {
        writeConcernError: { code: 64, errmsg: "waiting for replication timed out" },
      }),
    ];

    test.each(situations)("$name", { timeout: 60_000 }, (situation) => goThrough(app, situation));
  });
}

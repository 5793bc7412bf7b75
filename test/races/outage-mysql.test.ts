import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, createConnection } from "mysql2/promise";
import { afterAll, beforeAll, test } from "vitest";
import { type ChaosProxy, startProxy } from "../support/chaos-proxy.ts";
import { type RunningApp, startApp } from "../support/client.ts";
import { MysqlServer } from "../support/mysql-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { commonSituations } from "./outage-situations.ts";
import { goThrough, type Situation } from "./outage.ts";

/** So few connections there may be, the app's among them. It is the least that MariaDB can be told. */
const CONNECTIONS = 10;

describeWith("mysql", "an outage of MariaDB", () => {
  let server: MysqlServer;
  let proxy: ChaosProxy;
  let app: RunningApp;
  let others: Connection[] = [];

  beforeAll(async () => {
    server = await MysqlServer.start({ durable: true });
    proxy = await startProxy(server.port, { seed: 1 });
    const STORE_URL = server.url.replace(String(server.port), String(proxy.port));
    app = await startApp({ STORAGE: "server", STORE: "mysql", STORE_URL, ADAPTER: "node" });
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    await proxy.close();
    await server.close();
  });

  async function configure(...statements: string[]): Promise<void> {
    const admin = await createConnection(server.adminUrl);
    for (const statement of statements) await admin.query(statement);
    await admin.end();
  }

  /** Others take every connection that there is, and those of the app are lost. */
  async function takeAll(): Promise<void> {
    await configure(`SET GLOBAL max_connections = ${CONNECTIONS}`, "KILL USER app@'127.0.0.1'");
    while (others.length < CONNECTIONS) {
      try {
        const other = await createConnection(server.url);
        other.on("error", () => undefined);
        others.push(other);
      } catch {
        // The places of those that were lost are not free at once.
        await sleep(20);
      }
    }
  }

  async function giveBack(): Promise<void> {
    await Promise.all(others.map((other) => other.end()));
    others = [];
    await configure("SET GLOBAL max_connections = 151");
  }

  const situations: Situation[] = [
    ...commonSituations(
      () => server,
      () => proxy,
    ),
    {
      name: "read-only",
      reads: true,
      begin: () => configure("SET GLOBAL read_only = 1"),
      end: () => configure("SET GLOBAL read_only = 0"),
    },
    { name: "without a free connection", begin: takeAll, end: giveBack },
  ];

  test.each(situations)("$name", { timeout: 60_000 }, (situation) => goThrough(app, situation));
});

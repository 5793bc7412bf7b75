import { Client } from "pg";
import { afterAll, beforeAll, test } from "vitest";
import { type ChaosProxy, startProxy } from "../support/chaos-proxy.ts";
import { type RunningApp, startApp } from "../support/client.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { commonSituations } from "./outage-situations.ts";
import { goThrough, type Situation } from "./outage.ts";

describeWith("postgres", "an outage of PostgreSQL", () => {
  let server: PostgresServer;
  let proxy: ChaosProxy;
  let app: RunningApp;
  let others: Client[] = [];

  beforeAll(async () => {
    server = await PostgresServer.start({ durable: true });
    proxy = await startProxy(server.port, { seed: 1 });
    const STORE_URL = server.url.replace(String(server.port), String(proxy.port));
    app = await startApp({ STORAGE: "server", STORE: "postgres", STORE_URL, ADAPTER: "node" });
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    await proxy.close();
    await server.close();
  });

  async function connect(): Promise<Client> {
    const client = new Client(server.url);
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  async function configure(...statements: string[]): Promise<void> {
    const client = await connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }

  /** Others take every connection that there is, and those of the app are lost. */
  async function takeAll(): Promise<void> {
    const { rows } = await (others[0] = await connect()).query(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
    while (true) {
      try {
        others.push(await connect());
      } catch {
        const pid = rows.pop()?.pid;
        if (pid === undefined) return;
        await others[0]!.query("SELECT pg_terminate_backend($1, 5000)", [pid]);
      }
    }
  }

  async function giveBack(): Promise<void> {
    await Promise.all(others.map((client) => client.end()));
    others = [];
  }

  const situations: Situation[] = [
    ...commonSituations(
      () => server,
      () => proxy,
    ),
    {
      name: "read-only",
      reads: true,
      begin: () =>
        configure("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"),
      end: () =>
        configure(
          "SET default_transaction_read_only = off",
          "ALTER SYSTEM RESET default_transaction_read_only",
          "SELECT pg_reload_conf()",
        ),
    },
    { name: "without a free connection", begin: takeAll, end: giveBack },
  ];

  test.each(situations)("$name", { timeout: 60_000 }, (situation) => goThrough(app, situation));
});

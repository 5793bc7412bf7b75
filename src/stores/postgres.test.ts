import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { storeSuite } from "../testing/index.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { PostgresServer } from "../../test/support/postgres-server.ts";
import { PostgresStore } from "./postgres.ts";

describeWith("postgres", "PostgresStore", () => {
  let server: PostgresServer;
  let pool: Pool;

  beforeAll(async () => {
    server = await PostgresServer.start();
    pool = new Pool({ connectionString: server.url });
    pool.on("error", () => undefined);
  });

  afterAll(async () => {
    await pool.end();
    await server.close();
  });

  storeSuite({
    test,
    open: async (space) => {
      return { store: new PostgresStore(pool, { table: space }), close: async () => undefined };
    },
    capabilities: { deleteExpired: true, owners: true, deleteAll: true },
  });
});

import { setTimeout as delay } from "node:timers/promises";
import { MysqlStore, type MysqlPool } from "hipflask/stores/mysql";
import { type Connection, createConnection, createPool, type Pool, type PoolOptions } from "mysql2/promise";
import { afterAll, afterEach, beforeAll } from "vitest";
import { MysqlServer } from "../support/mysql-server.ts";

/** A store on a table of its own, with what it stands on. */
export interface Opened {
  readonly store: MysqlStore;
  readonly pool: Pool;
}

/** A store that is in the middle of something. */
export interface Underway {
  readonly store: MysqlStore;
  /** Commits it, or takes it back. */
  end(how: "COMMIT" | "ROLLBACK"): Promise<unknown>;
}

/** A server for the tests of one file, and connections that are closed after each of them. */
export class MysqlStores {
  server!: MysqlServer;
  readonly #opened: { end(): Promise<void> }[] = [];

  /** @param args - of mariadbd, beside its own */
  constructor(args: readonly string[] = []) {
    beforeAll(async () => {
      this.server = await MysqlServer.start({ args });
    }, 60_000);
    afterEach(async () => {
      await Promise.all(this.#opened.splice(0).map((one) => one.end()));
    });
    afterAll(() => this.server.close());
  }

  connect(options: PoolOptions = {}): Pool {
    const pool = createPool({ uri: this.server.url, ...options });
    this.#opened.push(pool);
    return pool;
  }

  async open(table: string, options: PoolOptions = {}): Promise<Opened> {
    const pool = this.connect(options);
    const store = new MysqlStore(pool, { table });
    await store.setup();
    return { store, pool };
  }

  /** A connection of whoever runs the server. */
  async admin(): Promise<Connection> {
    const connection = await createConnection({ uri: this.server.adminUrl, multipleStatements: true });
    this.#opened.push(connection);
    return connection;
  }

  /** A store on one connection, all of whose statements are one transaction until `end`. */
  async begin(table: string): Promise<Underway> {
    const connection = await createConnection(this.server.url);
    this.#opened.push(connection);
    await connection.query("START TRANSACTION");
    const lent = { query: (query: Query) => connection.query(query), release() {}, destroy() {} };
    const pool = watched({ getConnection: async () => lent as never }, async ({ sql }, send) => {
      if (sql === "START TRANSACTION" || sql === "COMMIT") return [{ serverStatus: 0 }, undefined];
      const [answer, fields] = (await send()) as [{ serverStatus: number }, unknown];
      if (!Array.isArray(answer)) answer.serverStatus = 0;
      return [answer, fields];
    });
    return { store: new MysqlStore(pool, { table }), end: (how) => connection.query(how) };
  }

  /** The thread of the server that waits for somebody's lock. */
  async untilSomeoneWaits(): Promise<number> {
    const admin = await this.admin();
    for (;;) {
      const [rows] = await admin.query(
        "SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
      );
      const [row] = rows as { id: number }[];
      if (row !== undefined) return row.id;
      // What the table shows is up to 0.1 seconds old, and is not renewed while it is asked for more often.
      await delay(120);
    }
  }
}

type Query = Parameters<Awaited<ReturnType<MysqlPool["getConnection"]>>["query"]>[0];
type Answer = Awaited<ReturnType<Awaited<ReturnType<MysqlPool["getConnection"]>>["query"]>>;

/** A pool whose statements somebody sees before they are sent, and may do something about. */
export function watched(
  pool: MysqlPool,
  watch: (query: Query, send: () => Promise<Answer>) => Promise<Answer>,
): MysqlPool {
  return {
    async getConnection() {
      const connection = await pool.getConnection();
      return {
        query: (query) => watch(query, () => connection.query(query)),
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      };
    },
  };
}

// In MariaDB or MySQL, by the application's own pool.
import { MysqlStore } from "hipflask/stores/mysql";
import { createPool } from "mysql2/promise";
import { visit } from "./visit.ts";

const pool = createPool({ uri: process.env.DATABASE_URL ?? "mysql://root@127.0.0.1/app" });
await visit(new MysqlStore(pool));
await pool.end();

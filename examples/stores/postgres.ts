// In PostgreSQL, by the application's own pool.
import { PostgresStore } from "hipflask/stores/postgres";
import pg from "pg";
import { visit } from "./visit.ts";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL ?? "postgres://127.0.0.1/app" });
await visit(new PostgresStore(pool));
await pool.end();

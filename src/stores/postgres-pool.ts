import { Buffer } from "node:buffer";
import { digestText } from "../crypto/digest.ts";
import { ConfigError } from "../errors.ts";

/** What a store needs of a `Pool` of pg, or of anything with the same `query`. */
export interface PostgresPool {
  /** Runs a statement. */
  query(query: string | NamedQuery, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

interface NamedQuery {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Bytes that came as base64, in lines as PostgreSQL writes it. */
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** A pool, and whether statements are prepared under names. */
export class PostgresQueries {
  readonly #pool: PostgresPool;
  readonly #prepare: boolean;

  /** @throws ConfigError when the pool is none; `store` is what it was given to */
  constructor(pool: PostgresPool, prepare: boolean, store: string) {
    if (typeof pool?.query !== "function") {
      throw new ConfigError(`${store} takes a Pool of pg: new ${store}(new Pool({ connectionString })).`);
    }
    this.#pool = pool;
    this.#prepare = prepare;
  }

  async rows<R>(text: string, values: unknown[]): Promise<R[]> {
    const { rows } = await (this.#prepare
      ? this.#pool.query({ name: digestText("sha256", Buffer.from(text), "base64url"), text, values })
      : this.#pool.query(text, values));
    return rows as R[];
  }

  /** @param name of a table, as SQL takes it */
  async isMissing(name: string): Promise<boolean> {
    const text = "SELECT (to_regclass($1) IS NULL)::text AS missing";
    const [found] = await this.rows<{ missing: "true" | "false" }>(text, [name]);
    return found!.missing === "true";
  }

  /** Runs statements that have no values, in one transaction. */
  async run(statements: string): Promise<void> {
    await this.#pool.query(statements);
  }
}

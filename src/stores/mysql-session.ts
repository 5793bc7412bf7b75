import type { Buffer } from "node:buffer";
import { ConfigError, TooLargeError } from "../errors.ts";

/** What the store needs of a pool of `mysql2/promise`. */
export interface MysqlPool {
  /** Takes a connection out of the pool, for one operation of the store. */
  getConnection(): Promise<MysqlConnection>;
}

interface MysqlConnection {
  query(options: MysqlQuery): Promise<[answer: unknown, fields: unknown]>;
  /** Gives it back to the pool. */
  release(): void;
  /** Closes it. */
  destroy(): void;
}

/** A statement, and how its answer is wanted, whatever the pool was set up with. */
interface MysqlQuery {
  readonly sql: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly rowsAsArray: false;
  readonly nestTables: false;
  readonly typeCast: (field: { buffer(): Buffer | null }) => Buffer | null;
}

/** The answer to a statement that is no question. */
interface Done {
  readonly affectedRows: number;
  readonly serverStatus: number;
}

/** What each row that is found has beside its own. */
interface Committing {
  readonly commits: Buffer;
}

/** The bit of `serverStatus` that says that a transaction is still open. */
const IN_TRANSACTION = 1;
/** Shorter statements are taken by every server as servers are set up: their limit is 1 MiB at the least. */
const SURELY_SHORT = 512 * 1024;
/** How often a transaction is run. When one is undone another one goes on. */
const TRIES = 20;

/** A connection, for the statements of one operation. */
export class MysqlSession {
  readonly #connection: MysqlConnection;
  readonly #timeout: number;
  #isSound = true;

  private constructor(connection: MysqlConnection, timeout: number) {
    this.#connection = connection;
    this.#timeout = timeout;
  }

  /**
   * What `work` comes to. A connection whose last statement failed is closed: it may owe an answer, hold a lock, or lead to
   * a server that nobody may write to any more.
   *
   * @param timeout - milliseconds that each statement may take
   */
  static async run<T>(
    pool: MysqlPool,
    timeout: number,
    work: (session: MysqlSession) => Promise<T>,
  ): Promise<T> {
    const connection = await pool.getConnection();
    const session = new MysqlSession(connection, timeout);
    try {
      return await work(session);
    } finally {
      if (session.#isSound) connection.release();
      else connection.destroy();
    }
  }

  /**
   * The rows that a question finds, each value as the bytes that the server sends.
   *
   * Each row also tells whether the connection commits by itself, because mysql2 has no `serverStatus` for rows: one that does not would
   * answer for ever as it did the first time.
   *
   * @param question - a `SELECT`, with aggregates only in a subquery: beside them MariaDB gives 0 for `@@autocommit`
   * @throws ConfigError when it does not, and a row is found
   */
  async ask<R>(question: string): Promise<R[]> {
    const rows = (await this.#query(question.replace("SELECT", "SELECT @@autocommit AS commits,"))) as R[];
    if (rows.some((row) => String((row as Committing).commits) === "0")) this.#refuse();
    return rows;
  }

  /**
   * Changes rows, after what must stand immediately before that.
   *
   * @returns how many rows. Whether one counts that was so already depends on how the connection was made
   * @throws TooLargeError for a statement that is longer than the server takes
   */
  async change(statement: string, before?: string): Promise<number> {
    await this.#checkLength(statement);
    return this.#untilDone(async () => {
      if (before !== undefined) await this.#query(before);
      const done = (await this.#query(statement)) as Done;
      if (done.serverStatus & IN_TRANSACTION) this.#refuse();
      return done.affectedRows;
    });
  }

  /**
   * What `work` comes to while it holds a lock; 0 where somebody else does.
   *
   * @param name - the lock's, in SQL
   */
  async alone(name: string, work: () => Promise<number>): Promise<number> {
    const [row] = await this.ask<{ readonly locked: Buffer }>(`SELECT GET_LOCK(${name}, 0) AS locked`);
    if (String(row!.locked) !== "1") return 0;
    const done = await work();
    await this.change(`DO RELEASE_LOCK(${name})`);
    return done;
  }

  /**
   * Changes a row and inserts another one, in one transaction.
   *
   * @returns whether there was one to change. Otherwise nothing is inserted
   * @throws TooLargeError
   */
  async exchange(change: string, insert: string): Promise<boolean> {
    await this.#checkLength(change);
    await this.#checkLength(insert);
    return this.#untilDone(async () => {
      await this.#query("START TRANSACTION");
      const { affectedRows } = (await this.#query(change)) as Done;
      if (affectedRows > 0) await this.#query(insert);
      await this.#query("COMMIT");
      return affectedRows > 0;
    });
  }

  /** Has the connection closed, and with it what it did undone. */
  #refuse(): never {
    this.#isSound = false;
    throw new ConfigError("Sessions need connections that commit by themselves: SET autocommit = 1.");
  }

  /** Runs a transaction, and again where InnoDB has undone it to end a deadlock. */
  async #untilDone<T>(transaction: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await transaction();
      } catch (error) {
        if (!isError(error, "ER_LOCK_DEADLOCK") || tries === TRIES) throw error;
      }
    }
  }

  async #query(sql: string): Promise<unknown> {
    this.#isSound = false;
    const [answer] = await this.#connection.query({
      sql,
      timeout: this.#timeout,
      rowsAsArray: false,
      nestTables: false,
      typeCast: (field) => field.buffer(),
    });
    this.#isSound = true;
    return answer;
  }

  async #checkLength({ length }: string): Promise<void> {
    if (length < SURELY_SHORT) return;
    const [row] = await this.ask<{ readonly most: Buffer }>("SELECT @@max_allowed_packet AS most");
    const most = Number(row!.most);
    if (length < most) return;
    throw new TooLargeError(
      `A session takes a statement of ${length} bytes, two for each of its own, and the server takes ${most}. Keep less in it, or raise max_allowed_packet.`,
      length,
      most,
      [],
    );
  }
}

/** Does the work of one operation. */
export type MysqlRunner = <T>(work: (session: MysqlSession) => Promise<T>) => Promise<T>;

/**
 * Runs work on connections of a pool.
 *
 * @param pool - of `mysql2/promise`, or of `mysql2`
 * @param timeout - seconds that each statement may take
 * @param store - what they were given to
 * @throws ConfigError when the pool is none, or the timeout is no positive number
 */
export function runnerOf(
  pool: MysqlPool | { promise(): MysqlPool },
  timeout: number,
  store: string,
): MysqlRunner {
  const promised = typeof pool === "object" && pool !== null && "promise" in pool ? pool.promise() : pool;
  if (typeof promised?.getConnection !== "function") {
    throw new ConfigError(`${store} takes a pool of mysql2: new ${store}(createPool({ uri })).`);
  }
  if (!Number.isFinite(timeout) || timeout <= 0) {
    throw new ConfigError(`timeout of a ${store} must be a positive number of seconds.`);
  }
  return (work) => MysqlSession.run(promised, timeout * 1000, work);
}

/** Whether a driver's error has one of MySQL's codes. */
export function isError(error: unknown, code: string): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === code;
}

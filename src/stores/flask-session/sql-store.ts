import { Buffer } from "node:buffer";
import type {
  LoadedRecord,
  RecordStore,
  SaveResult,
  SessionKey,
  SessionRecord,
  Version,
} from "../../session/store.ts";
import { checkedPrefix } from "../prefix.ts";
import { sql, type Statement, type Statements } from "./sql.ts";
import { storeKey } from "./store-key.ts";

/** A row as drivers give it: its bytes as Buffer, Uint8Array or ArrayBuffer. */
export interface Row {
  readonly data: Uint8Array | ArrayBuffer;
}

/** What the stores of Flask-Session's table have in common, whatever the database. A record's version is its bytes. */
export abstract class FlaskSqlStore implements RecordStore {
  readonly #sql: Statements;
  readonly #prefix: string;
  readonly #grain: number;

  /**
   * @param grain - milliseconds that the table's times are apart
   * @throws ConfigError for a prefix that does not fit
   */
  constructor(asked: Statements, prefix = "session:", grain = 1) {
    this.#sql = asked;
    const rule = "up to 127 characters of ASCII: the column has room for 255";
    this.#prefix = checkedPrefix(prefix, "Flask-Session table", /^[ -~]{0,127}$/, rule);
    this.#grain = grain;
  }

  /** Makes the table as SQLAlchemy does, where it is missing. Where there is one, nothing is done. */
  abstract setup(): Promise<void>;

  /** As SQLAlchemy makes it, the table has no index for this: each call goes through all of it, as Flask-Session does. */
  abstract deleteExpired(limit: number, now: Date): Promise<number>;

  async create(key: SessionKey, record: SessionRecord): Promise<Version | undefined> {
    const data = Buffer.from(record.data);
    const isNew = await this.insert(this.#sql.insert(this.#key(key), data, this.#end(record.expires)));
    return isNew ? new Uint8Array(data) : undefined;
  }

  async load(key: SessionKey, now: Date): Promise<LoadedRecord | undefined> {
    return this.#load(this.#key(key), now);
  }

  async save(
    key: SessionKey,
    version: Version,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult<LoadedRecord>> {
    const [id, old, data] = [this.#key(key), bytesOf(version), Buffer.from(record.data)];
    const [expires, instant] = [this.#end(record.expires), new Date(now)];
    const isSaved = data.equals(old)
      ? await this.#touch(id, old, expires, instant)
      : (await this.change(this.#sql.save(id, old, data, expires, instant))) > 0;
    if (isSaved) return { outcome: "saved", version: new Uint8Array(data) };
    const current = await this.#load(id, instant);
    return current === undefined ? { outcome: "gone" } : { outcome: "conflict", current };
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    return this.#touch(this.#key(key), bytesOf(version), this.#end(expires), new Date(now));
  }

  async delete(key: SessionKey): Promise<LoadedRecord | undefined> {
    const id = this.#key(key);
    for (;;) {
      const [row] = await this.read(this.#sql.find(id));
      if (row === undefined) return undefined;
      const record = loaded(row);
      // Nobody has written it in between, so this is what it was.
      if ((await this.change(this.#sql.delete(id, record.data))) > 0) return record;
    }
  }

  /** The rows that a question finds. */
  protected abstract read(question: Statement): Promise<Row[]>;

  /** Changes rows. How many. */
  protected abstract change(statement: Statement): Promise<number>;

  /** Inserts a row. Whether there was none. */
  protected async insert(statement: Statement): Promise<boolean> {
    return (await this.change(sql`${statement} ON CONFLICT (session_id) DO NOTHING`)) > 0;
  }

  async #load(id: string, now: Date): Promise<LoadedRecord | undefined> {
    const [row] = await this.read(this.#sql.load(id, now));
    return row && loaded(row);
  }

  async #touch(id: string, version: Uint8Array, expires: Date, now: Date): Promise<boolean> {
    if ((await this.change(this.#sql.touch(id, version, expires, now))) > 0) return true;
    // MySQL, as some clients connect to it, counts no row that had this end before.
    return (await this.read(this.#sql.touched(id, version, expires, now))).length > 0;
  }

  #key(key: SessionKey): string {
    return storeKey(this.#prefix, key);
  }

  /** Never before the record's end. */
  #end(expires: Date): Date {
    return new Date(Math.ceil(expires.getTime() / this.#grain) * this.#grain);
  }
}

function bytesOf(version: Version): Buffer {
  return Buffer.from(version as Uint8Array);
}

/** Whoever changes the bytes does not change the version. */
function loaded(row: Row): LoadedRecord {
  const data = new Uint8Array(row.data);
  return { data, version: new Uint8Array(data) };
}

import { randomBytes } from "node:crypto";
import type { SqliteDatabase } from "hipflask/stores/sqlite";
import { NoSqlite } from "../clients.ts";

/** Whoever has signed up. */
export interface Account {
  /**
   * What sessions and remember-me cookies know the account by. A new password gives a new one, and whatever has the former one is nobody's:
   * also a signed cookie, which no server could take back.
   */
  readonly id: string;
  readonly name: string;
  /** As `Passwords` made it. */
  readonly password: string;
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS accounts (
  key TEXT PRIMARY KEY, -- the name as it is compared
  name TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL
) STRICT`;

/** The accounts, in a table of SQLite. */
export class Accounts {
  readonly #open: (() => Promise<SqliteDatabase>) | undefined;
  #database: Promise<SqliteDatabase> | undefined;

  /** @param open opens the database, when an account is first asked for; undefined: there is no SQLite, so nobody has an account */
  constructor(open: (() => Promise<SqliteDatabase>) | undefined) {
    this.#open = open;
  }

  byName(name: string): Promise<Account | undefined> {
    return this.#one("SELECT id, name, password FROM accounts WHERE key = ?", [nameKey(name)]);
  }

  async byId(id: string): Promise<Account | undefined> {
    if (this.#open === undefined) return undefined;
    return this.#one("SELECT id, name, password FROM accounts WHERE id = ?", [id]);
  }

  /** The new account; undefined where the name is taken, however many ask for it at once. */
  create(name: string, password: string): Promise<Account | undefined> {
    return this.#one(
      "INSERT INTO accounts (key, name, id, password) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING RETURNING id, name, password",
      [nameKey(name), name, newId(), password],
    );
  }

  /** Gives an account a new ID, and so ends all that has the former one. Undefined where somebody else did so in the meantime. */
  renew({ id, password: former }: Account, password = former): Promise<Account | undefined> {
    return this.#one("UPDATE accounts SET id = ?, password = ? WHERE id = ? RETURNING id, name, password", [
      newId(),
      password,
      id,
    ]);
  }

  async #one(sql: string, values: readonly string[]): Promise<Account | undefined> {
    this.#database ??= this.#opened();
    const row = (await this.#database).prepare(sql).get(...values) as Account | undefined | null;
    return row ?? undefined;
  }

  async #opened(): Promise<SqliteDatabase> {
    if (this.#open === undefined) throw new NoSqlite();
    const database = await this.#open();
    database.exec("PRAGMA busy_timeout = 2000");
    database.exec(SCHEMA);
    return database;
  }
}

/** As names are compared: "Zoë" and "ZOË" are one person. */
export function nameKey(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}

const ID = /^account-[\w-]{22}$/;

/** Whether a text has the form of an account's ID, which no name may have. */
export function isAccountId(text: string): boolean {
  return ID.test(text);
}

function newId(): string {
  return `account-${randomBytes(16).toString("base64url")}`;
}

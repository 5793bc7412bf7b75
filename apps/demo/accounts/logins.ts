import { SqliteStore, type SqliteDatabase } from "hipflask/stores/sqlite";
import { createLogin, type Login, type RememberStore } from "hipflask/login";
import type { Place } from "../place.ts";
import type { Account, Accounts } from "./accounts.ts";

/** Who is logged in with an account, in each place where sessions can be. */
export class Logins {
  readonly #accounts: Accounts;
  readonly #open: (() => Promise<SqliteDatabase>) | undefined;
  readonly #logins = new Map<Place, Promise<Login<Account>>>();
  #remembered: Promise<RememberStore> | undefined;

  /** @param open opens the database where remember-me tokens are kept: a connection of their own; undefined: nobody is remembered */
  constructor(accounts: Accounts, open: (() => Promise<SqliteDatabase>) | undefined) {
    this.#accounts = accounts;
    this.#open = open;
  }

  /** @throws ConfigError where the secret key is none that Flask-Login could sign with */
  of(place: Place): Promise<Login<Account>> {
    let login = this.#logins.get(place);
    if (login === undefined) {
      login = this.#make(place);
      this.#logins.set(place, login);
    }
    return login;
  }

  async #make({ kind, sessions, secretKey }: Place): Promise<Login<Account>> {
    const shared = {
      loadUser: (id: string) => this.#accounts.byId(id),
      loginView: "/see/account",
    };
    // Flask's sessions have Flask-Login's cookies. Its session protection would write into the session of every visitor.
    if (kind === "signed") {
      return createLogin(sessions, { ...shared, flask: { SECRET_KEY: secretKey, SESSION_PROTECTION: null } });
    }
    if (this.#open === undefined) return createLogin(sessions, shared);
    return createLogin(sessions, { ...shared, remember: { store: await this.#store(this.#open) } });
  }

  #store(open: () => Promise<SqliteDatabase>): Promise<RememberStore> {
    this.#remembered ??= open().then(async (database) => {
      const store = new SqliteStore(database, { table: "remembered" });
      await store.setup();
      return store;
    });
    return this.#remembered;
  }
}

import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createConnection } from "mysql2/promise";
import { mariadbd } from "../../scripts/needs.mjs";
import { freePort } from "./free-port.ts";
import { KeptServer, started } from "./kept-server.ts";

const run = promisify(execFile);
/** The worst that the machine can lose is a test. */
const NO_SYNC = [
  "--innodb-flush-log-at-trx-commit=0",
  "--skip-innodb-doublewrite",
  // One file for all tables is quicker to make them in.
  "--innodb-file-per-table=0",
];
/** As root it takes an account of its own. */
const ACCOUNT = process.getuid?.() === 0 ? ["--user=mysql"] : [];
/** Run at each start. Whoever may do everything may also write where nobody may, so the app is somebody else. */
const ACCOUNTS = `CREATE DATABASE IF NOT EXISTS test;
CREATE USER IF NOT EXISTS app@'127.0.0.1' IDENTIFIED BY 'secret';
GRANT ALL ON test.* TO app@'127.0.0.1';
CREATE USER IF NOT EXISTS admin@'127.0.0.1';
GRANT ALL ON *.* TO admin@'127.0.0.1' WITH GRANT OPTION;
`;

/** A MariaDB of its own on a free port of this machine. */
export class MysqlServer extends KeptServer {
  readonly #args: readonly string[];

  private constructor(port: number, folder: string, args: readonly string[]) {
    super(port, folder);
    this.#args = args;
  }

  /** With `durable`, commits wait for the disk as they do in production; `args` are more of mariadbd's options. */
  static async start({ durable = false, args = [] as readonly string[] } = {}): Promise<MysqlServer> {
    const folder = await mkdtemp(join(tmpdir(), "hipflask-mysql-"));
    const settings = durable ? args : [...NO_SYNC, ...args];
    const server = new MysqlServer(await freePort(), folder, settings);
    try {
      await chmod(folder, 0o711);
      await mkdir(server.#data);
      await writeFile(server.#accounts, ACCOUNTS);
      const where = ["--no-defaults", ...ACCOUNT, `--datadir=${server.#data}`];
      await run("mariadb-install-db", [
        ...where,
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
      ]);
    } catch (error) {
      await server.close();
      throw error;
    }
    return started(server);
  }

  /** For the app, which may do what it wants with its database. */
  get url(): string {
    return `mysql://app:secret@127.0.0.1:${this.port}/test`;
  }

  /** For whoever runs the server. */
  get adminUrl(): string {
    return `mysql://admin@127.0.0.1:${this.port}/test`;
  }

  get #data(): string {
    return join(this.folder, "data");
  }

  get #accounts(): string {
    return join(this.folder, "accounts.sql");
  }

  protected override command(): [string, ...string[]] {
    const settings = [
      `--datadir=${this.#data}`,
      `--port=${this.port}`,
      "--bind-address=127.0.0.1",
      "--socket=socket",
      "--pid-file=mariadbd.pid",
      "--skip-name-resolve",
      `--init-file=${this.#accounts}`,
      ...this.#args,
    ];
    // It says what it has to say where errors go.
    const quiet = 'exec "$0" "$@" 2>&1';
    return ["/bin/sh", "-c", quiet, mariadbd, "--no-defaults", ...ACCOUNT, ...settings];
  }

  protected override async answers(): Promise<boolean> {
    try {
      await (await createConnection({ uri: this.adminUrl, connectTimeout: 1000 })).end();
      return true;
    } catch {
      return false;
    }
  }
}

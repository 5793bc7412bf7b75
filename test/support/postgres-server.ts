import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { postgresBin } from "../../scripts/needs.mjs";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);
const START_TIMEOUT = 15_000;
/** The worst that the machine can lose is a test. */
const NO_SYNC = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
/**
 * Holds a server's folder: when the pipe to it is closed, also by the end of the process that held it, it stops what
 * runs in there, frozen or not, and removes it.
 */
const KEEPER = `
read -r _
if read -r pid < "$1/data/postmaster.pid"; then
  kill -CONT "$pid" $(pgrep -P "$pid")
  kill -QUIT "$pid"
  tries=0
  while [ -e "$1/data/postmaster.pid" ] && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
fi
rm -rf "$1"
`;

/** PostgreSQL uses no other account, and refuses root's. */
type Account = { readonly uid: number; readonly gid: number } | Record<string, never>;

/**
 * A PostgreSQL of its own on a free port of this machine, with its files in a temporary folder. Nothing of it is left
 * after `close`, or after the process that started it has ended, however that was.
 *
 * @example
 * const server = await PostgresServer.start();
 * const pool = new Pool({ connectionString: server.url });
 * await pool.end();
 * await server.close();
 */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #account: Account;
  readonly #settings: readonly string[];
  readonly #keeper: ChildProcess;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, account: Account, settings: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#account = account;
    this.#settings = settings;
    // In a process group of its own, so that Ctrl-C ends the tests and leaves the keeper to clean up.
    this.#keeper = spawn("/bin/sh", ["-c", KEEPER, "keeper", folder], {
      ...account,
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
  }

  /** With `durable`, commits wait for the disk as they do in production. */
  static async start({ durable = false } = {}): Promise<PostgresServer> {
    if (postgresBin === undefined)
      throw new Error("There is no PostgreSQL on this machine: npm run provision");
    const account = process.getuid?.() === 0 ? await accountOf("postgres") : {};
    const folder = await mkdtemp(join(tmpdir(), "hipflask-postgres-"));
    if (account.uid !== undefined) await chown(folder, account.uid, account.gid);
    const settings = durable ? [] : NO_SYNC;
    const server = new PostgresServer(await freePort(), folder, account, settings);
    try {
      await run(
        join(postgresBin, "initdb"),
        ["-D", server.#data, "-U", "test", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        { ...account, cwd: folder },
      );
      await server.start();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  get url(): string {
    return `postgres://test@127.0.0.1:${this.port}/postgres`;
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  /** Starts it again, on the same port and with the same data, after `stop` or `kill`. */
  async start(): Promise<void> {
    const settings = [
      `port=${this.port}`,
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${this.#folder}`,
      ...this.#settings,
    ].flatMap((setting) => ["-c", setting]);
    const child = spawn(join(postgresBin!, "postgres"), ["-D", this.#data, ...settings], {
      ...this.#account,
      cwd: this.#folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    let output = "";
    child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
      output = (output + chunk).slice(-10_000);
    });
    const deadline = performance.now() + START_TIMEOUT;
    while (!(await accepts(this.url))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`PostgreSQL did not start:\n${output}`);
      }
      await delay(20);
    }
  }

  /** Shuts it down in order; whoever is connected loses the connection. */
  async stop(): Promise<void> {
    await this.#end(async (child) => child.kill("SIGINT"));
  }

  /** Kills every process of it at once, as a power cut would. */
  async kill(): Promise<void> {
    await this.#end(() => this.#signal("SIGKILL"));
  }

  /** Stops every process of it in its tracks: connections stay open, and nothing answers. */
  freeze(): Promise<void> {
    return this.#signal("SIGSTOP");
  }

  /** Lets it go on after `freeze`. */
  thaw(): Promise<void> {
    return this.#signal("SIGCONT");
  }

  /** Ends it and removes its files. */
  async close(): Promise<void> {
    if (this.#keeper.exitCode !== null) return;
    const exit = once(this.#keeper, "exit");
    this.#keeper.stdin!.end();
    await exit;
  }

  async #end(how: (child: ChildProcess) => Promise<unknown>): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    await how(child);
    await exit;
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    const pid = this.#process!.pid!;
    // The first one has to stand still before the others are listed, or it could start more of them.
    process.kill(pid, signal === "SIGKILL" ? "SIGSTOP" : signal);
    const { stdout } = await run("pgrep", ["-P", String(pid)]);
    for (const one of [...stdout.trim().split("\n").map(Number), pid]) process.kill(one, signal);
  }
}

async function accountOf(user: string): Promise<Account> {
  const ids = ["-u", "-g"].map(async (flag) => Number((await run("id", [flag, user])).stdout));
  const [uid, gid] = await Promise.all(ids);
  return { uid: uid!, gid: gid! };
}

/** Whether it lets users in: its port is open a moment earlier. */
async function accepts(url: string): Promise<boolean> {
  const client = new Client(url);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

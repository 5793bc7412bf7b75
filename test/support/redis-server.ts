import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);
const START_TIMEOUT = 15_000;
/**
 * Holds a server's folder: when the pipe to it is closed, also by the end of the process that held it, it kills what runs
 * in there, frozen or not, and removes it.
 */
const KEEPER = `read -r _; if [ -s "$1/pid" ]; then kill -9 "$(cat "$1/pid")"; fi; rm -rf "$1"`;

/**
 * A Redis of its own on a free port of this machine, with its files in a temporary folder. Nothing of it is left after
 * `close`, or after the process that started it has ended, however that was.
 */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #args: readonly string[];
  readonly #keeper: ChildProcess;
  #process: ChildProcess | undefined;

  /** `folder` is the server's own from now on. */
  constructor(port: number, folder: string, args: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#args = args;
    // In a process group of its own, so that Ctrl-C ends the tests and leaves the keeper to clean up.
    this.#keeper = spawn("/bin/sh", ["-c", KEEPER, "keeper", folder], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** Starts it, or starts it again on the same port after `stop` or `kill`. What it held is lost, unless it was told to keep it. */
  async start(): Promise<void> {
    const child = spawn("redis-server", [...this.#args, "--pidfile", this.#pidFile], {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    let output = "";
    child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
      output = (output + chunk).slice(-10_000);
    });
    await until(`a Redis that answers on port ${this.port}`, async () => {
      if (!this.isRunning) throw new Error(`redis-server did not start:\n${output}`);
      return (await redisCli(this.port, "PING").catch(() => "")) === "PONG";
    });
  }

  /** Shuts it down in order; whoever is connected loses the connection. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** Kills it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
    await rm(this.#pidFile, { force: true });
  }

  /** Stops it in its tracks: connections stay open and are even made, and nothing answers. */
  freeze(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  /** Lets it go on after `freeze`. */
  thaw(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** Ends it and removes its files. */
  async close(): Promise<void> {
    if (this.#keeper.exitCode !== null) return;
    const exit = once(this.#keeper, "exit");
    this.#keeper.stdin!.end();
    await exit;
  }

  get #pidFile(): string {
    return join(this.#folder, "pid");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    const child = this.#process!;
    const exit = once(child, "exit");
    child.kill(signal);
    child.kill("SIGCONT");
    await exit;
  }
}

/**
 * One Redis that keeps nothing on disk; `args` are more of redis-server's options.
 *
 * @example
 * const server = await startRedis();
 * const client = await createClient({ url: server.url }).connect();
 * client.destroy();
 * await server.close();
 */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  // Replicas are there at once instead of after the five seconds in which more of them could come.
  const server = new RedisServer(port, await newFolder(), [
    ...settings,
    "--repl-diskless-sync-delay",
    "0",
    ...args,
  ]);
  return started(server);
}

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** When every node that runs finds the cluster whole. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** A Redis Cluster of three masters and a replica of each, which takes over a second after its master is dead. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
  const nodes = await Promise.all(Array.from({ length: 6 }, () => startRedis(options)));
  const ready = () =>
    until("a cluster that is whole", async () => {
      const running = nodes.filter((node) => node.isRunning);
      const states = running.map((node) => redisCli(node.port, "CLUSTER", "INFO"));
      return (await Promise.all(states)).every((state) => state.includes("cluster_state:ok"));
    });
  const close = () => closeAll(nodes);
  try {
    const addresses = nodes.map((node) => `127.0.0.1:${node.port}`);
    await run("redis-cli", ["--cluster", "create", ...addresses, "--cluster-replicas", "1", "--cluster-yes"]);
    await ready();
    await Promise.all(nodes.map(untilLinked));
    return { nodes, ready, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface RedisSentinel {
  /** What the sentinel calls the master. */
  readonly name: string;
  readonly sentinel: RedisServer;
  /** The master at the beginning. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
  close(): Promise<void>;
}

/** A master, its replica, and a sentinel, which makes the replica master half a second after the master is dead. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const servers: RedisServer[] = [];
  const close = () => closeAll(servers);
  try {
    const master = await startRedis();
    servers.push(master);
    const replica = await startRedis(["--replicaof", `127.0.0.1 ${master.port}`]);
    servers.push(replica);
    await untilLinked(replica);
    const sentinel = await startSentinel(master.port);
    servers.push(sentinel);
    await until("a sentinel that knows the replica", async () =>
      (await redisCli(sentinel.port, "SENTINEL", "REPLICAS", NAME)).includes(`127.0.0.1:${replica.port}`),
    );
    return { name: NAME, sentinel, master, replica, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What redis-cli prints, without the last line break. Rejects when there is no server; an error reply is what it prints. */
export async function redisCli(port: number, ...args: string[]): Promise<string> {
  const { stdout } = await run("redis-cli", ["-p", `${port}`, ...args]);
  return stdout.replace(/\n+$/, "");
}

/** When `condition` holds. @throws Error when it does not within 15 seconds */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`There is still not ${what}.`);
    await delay(20);
  }
}

const NAME = "sessions";

async function startSentinel(master: number): Promise<RedisServer> {
  const port = await freePort();
  const home = await newFolder();
  const file = join(home, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `sentinel monitor ${NAME} 127.0.0.1 ${master} 1`,
    `sentinel down-after-milliseconds ${NAME} 500`,
    `sentinel failover-timeout ${NAME} 3000`,
  ];
  await writeFile(file, lines.join("\n"));
  return started(new RedisServer(port, home, [file, "--sentinel"]));
}

async function started(server: RedisServer): Promise<RedisServer> {
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** When a replica has what its master has; at once for a master. */
function untilLinked(server: RedisServer): Promise<void> {
  return until("a replica that follows its master", async () => {
    const state = await redisCli(server.port, "INFO", "replication");
    return !state.includes("role:slave") || state.includes("master_link_status:up");
  });
}

async function closeAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close()));
}

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "hipflask-redis-"));
}

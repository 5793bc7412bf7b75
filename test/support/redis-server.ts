import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { KeptServer, started, until } from "./kept-server.ts";

export { until } from "./kept-server.ts";

const run = promisify(execFile);

/** A Redis of its own on a free port of this machine. */
export class RedisServer extends KeptServer {
  readonly #args: readonly string[];

  /** `folder` is the server's own from now on. */
  constructor(port: number, folder: string, args: readonly string[]) {
    super(port, folder);
    this.#args = args;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  protected override command(): [string, ...string[]] {
    return ["redis-server", ...this.#args];
  }

  protected override async answers(): Promise<boolean> {
    return (await redisCli(this.port, "PING").catch(() => "")) === "PONG";
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
    await untilFollowed(nodes);
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
    await untilFollowed([master, replica]);
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

/**
 * When the replicas among servers follow their masters. A link that is "up" may carry nothing for another second: the
 * master waits for the replica's first acknowledgement. So an empty master says something, and the replicas must hear it.
 */
async function untilFollowed(servers: readonly RedisServer[]): Promise<void> {
  await until("replicas that follow their masters", async () => {
    await Promise.all(servers.map(({ port }) => redisCli(port, "FLUSHALL")));
    const states = await Promise.all(servers.map(({ port }) => redisCli(port, "INFO", "replication")));
    return states.every((state) => state.includes("role:master") || /slave_repl_offset:[1-9]/.test(state));
  });
}

async function closeAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close()));
}

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "hipflask-redis-"));
}

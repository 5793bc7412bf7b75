import { ConfigError } from "../errors.ts";
import { NOTHING, type Script } from "./redis-script.ts";
import type { Argument } from "./redis-values.ts";

/** node-redis, 5 or newer: what `createClient`, `createClientPool`, `createCluster` or `createSentinel` gives. */
export interface NodeRedisClient {
  /** The same connection, whose answers are bytes. */
  withTypeMapping(mapping: { [BULK_STRING]: BufferConstructor }): NodeRedisScripting;
  /** Tells when a connection is lost. */
  on(event: string, listener: () => void): unknown;
  /** Of a Cluster: its nodes. */
  readonly masters?: readonly unknown[];
  /** Of a Cluster: the client of a node. */
  nodeClient?(node: unknown): NodeRedisClient | Promise<NodeRedisClient>;
}

interface NodeRedisScripting {
  eval(script: string, options: NodeRedisArguments): Promise<unknown>;
  evalSha(sha: string, options: NodeRedisArguments): Promise<unknown>;
}

interface NodeRedisArguments {
  keys: string[];
  arguments: Argument[];
}

/** ioredis, 5 or newer, or iovalkey: a `Redis`, also one that goes by Sentinels, or a `Cluster`. */
export interface IoRedisClient {
  /** Sends a command whose answer is bytes. */
  callBuffer(command: string, ...args: (Argument | number)[]): Promise<unknown>;
  /** Tells when a connection is lost. */
  on(event: string, listener: (node: IoRedisClient) => void): unknown;
  /** Of a Cluster: the clients of its nodes. */
  nodes?(role: "all" | "master"): IoRedisClient[];
  /** What it was made with: how it gathers commands. */
  readonly options?: {
    readonly enableAutoPipelining?: boolean | undefined;
    readonly autoPipeliningIgnoredCommands?: readonly string[] | undefined;
  };
}

/** Any of the clients that can be given to the store. */
export type RedisClient = NodeRedisClient | IoRedisClient;

/** What the store needs of a client, whichever it is. */
export interface RedisConnection {
  /** Runs a script where its first key is. */
  readonly run: Run;
  /** The same on each of the masters; of a Cluster the client knows them only after its first command. */
  masters(): Promise<Run[]>;
  /** Whether keys are spread over nodes by their hash slots. */
  readonly isCluster: boolean;
  /** How many connections have been lost. Where this changes while a script runs, it may have been sent twice. */
  losses(): number;
}

/** Strings in the answer are bytes. */
export type Run = (script: Script, keys: readonly string[], args: readonly Argument[]) => Promise<unknown>;

/** @throws ConfigError, for the class `store`, when it is none of the clients above, or is set up so that it cannot run scripts */
export function connectionOf(client: RedisClient, store: string): RedisConnection {
  if (hasMethod(client, "withTypeMapping")) return nodeRedis(client as NodeRedisClient);
  if (hasMethod(client, "callBuffer")) return ioRedis(client as IoRedisClient);
  const hint = hasMethod(client, "then") ? "; this is a promise, so await it" : "";
  throw new ConfigError(`${store} takes a client of node-redis (5 or newer), ioredis or iovalkey${hint}.`);
}

/** The `$` of Redis' protocol. */
const BULK_STRING = 36;

function nodeRedis(client: NodeRedisClient): RedisConnection {
  const run = nodeRedisRun(client);
  return {
    run,
    masters: async () => {
      await run(NOTHING, [], []);
      const nodes = client.masters?.map(async (node) => nodeRedisRun(await client.nodeClient!(node)));
      return nodes === undefined ? [run] : Promise.all(nodes);
    },
    isCluster: client.masters !== undefined,
    // It repeats a command only when it goes by Sentinels, which call a loss this.
    losses: countLosses(client, (count) => client.on("client-error", count)),
  };
}

function nodeRedisRun(client: NodeRedisClient): Run {
  const scripting = client.withTypeMapping({ [BULK_STRING]: Buffer });
  return (script, keys, args) => {
    const options = { keys: [...keys], arguments: [...args] };
    return known(scripting.evalSha(script.sha, options), () => scripting.eval(script.text, options));
  };
}

function ioRedis(client: IoRedisClient): RedisConnection {
  const { enableAutoPipelining, autoPipeliningIgnoredCommands: ignored = [] } = client.options ?? {};
  if (enableAutoPipelining === true && !(ignored.includes("eval") && ignored.includes("evalsha"))) {
    throw new ConfigError(
      'The auto pipelining of ioredis takes scripts to the wrong place: set autoPipeliningIgnoredCommands to ["eval", "evalsha"].',
    );
  }
  const run = ioRedisRun(client);
  return {
    run,
    masters: async () => {
      await run(NOTHING, [], []);
      return client.nodes?.("master").map(ioRedisRun) ?? [run];
    },
    isCluster: client.nodes !== undefined,
    // It repeats what was under way when a connection was lost.
    losses: countLosses(client, (count) => {
      for (const node of client.nodes?.("all") ?? [client]) node.on("close", count);
      client.on("+node", (node) => node.on("close", count));
    }),
  };
}

function ioRedisRun(client: IoRedisClient): Run {
  return (script, keys, args) => {
    const rest = [keys.length, ...keys, ...args];
    return known(client.callBuffer("evalsha", script.sha, ...rest), () =>
      client.callBuffer("eval", script.text, ...rest),
    );
  };
}

/** Redis forgets scripts, and a server that takes over never knew them. */
async function known(answer: Promise<unknown>, withText: () => Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("NOSCRIPT")) return withText();
    throw error;
  }
}

/** One count per client, however many stores it serves: listeners stay for good. */
const counters = new WeakMap<RedisClient, () => number>();

function countLosses(client: RedisClient, listen: (count: () => void) => void): () => number {
  let losses = counters.get(client);
  if (losses === undefined) {
    let count = 0;
    losses = () => count;
    counters.set(client, losses);
    listen(() => count++);
  }
  return losses;
}

function hasMethod(client: unknown, name: string): boolean {
  return typeof (client as Record<string, unknown> | null | undefined)?.[name] === "function";
}

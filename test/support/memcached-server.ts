import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { KeptServer, started } from "./kept-server.ts";

/** A Memcached of its own on a free port of this machine. It forgets everything when it is stopped. */
export class MemcachedServer extends KeptServer {
  readonly #args: readonly string[];

  /** `folder` is the server's own from now on. */
  constructor(port: number, folder: string, args: readonly string[]) {
    super(port, folder);
    this.#args = args;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `memcached://${this.address}`;
  }

  protected override command(): [string, ...string[]] {
    // It refuses root's account.
    const account = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
    const args = ["-l", "127.0.0.1", "-p", `${this.port}`, "-U", "0", ...account, ...this.#args];
    return ["/bin/sh", "-c", 'exec memcached "$@" 2>&1', "memcached", ...args];
  }

  protected override async answers(): Promise<boolean> {
    return (await memcachedAsk(this.port, "version").catch(() => "")).startsWith("VERSION");
  }
}

/**
 * One Memcached with 64 MB; `args` are more of memcached's options.
 *
 * @example
 * const server = await startMemcached(["-I", "2m"]);
 * const client = new MemcacheClient({ server: server.address });
 * client.shutdown();
 * await server.close();
 */
export async function startMemcached(args: readonly string[] = []): Promise<MemcachedServer> {
  const folder = await mkdtemp(join(tmpdir(), "hipflask-memcached-"));
  return started(new MemcachedServer(await freePort(), folder, ["-m", "64", ...args]));
}

/**
 * What Memcached answers to a line (and the value that belongs to it), or to several, over a connection of its own: byte for byte
 * as latin1, without the last line break. Rejects when there is no server.
 */
export async function memcachedAsk(port: number, line: string, value?: string): Promise<string> {
  const socket = await memcachedConnect(port);
  const lines = value === undefined ? [line, "quit", ""] : [line, value, "quit", ""];
  socket.setEncoding("latin1").end(lines.join("\r\n"), "latin1");
  let answer = "";
  for await (const piece of socket) answer += piece;
  return answer.replace(/\r\n$/, "");
}

/** A connection that does nothing. */
export async function memcachedConnect(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

/** Adds values of `size` bytes until there are `most` of them or Memcached takes no more. @returns their keys */
export async function memcachedFill(port: number, size: number, most: number): Promise<string[]> {
  const keys: string[] = [];
  for (let isFull = false; !isFull && keys.length < most;) {
    const batch = Array.from({ length: 500 }, (_, i) => `filling-${size}-${keys.length + i}`);
    const adds = batch.map((key) => `add ${key} 0 0 ${size}\r\n${"x".repeat(size)}`);
    const answers = (await memcachedAsk(port, adds.join("\r\n"))).split("\r\n");
    keys.push(...batch.filter((_, i) => answers[i] === "STORED"));
    isFull = answers.some((answer) => answer.startsWith("SERVER_ERROR out of memory"));
  }
  return keys;
}

import { Buffer } from "node:buffer";
import { ConfigError, TooLargeError } from "../errors.ts";

/** memcache-client, 1.0 or newer, for one server: `new MemcacheClient({ server: "127.0.0.1:11211" })`. */
export interface MemcacheClient {
  /** Sends a command. */
  xsend(data: (socket?: { write(bytes: Uint8Array): unknown }) => void): Promise<unknown>;
  /** Makes a value of an answer. The store looks on, to get the answer's bytes. */
  _unpackValue(result: Received): unknown;
  /** What it was made with: its server. */
  readonly options: { readonly server: unknown };
}

interface Received {
  readonly cmdTokens: readonly unknown[];
  readonly data: unknown;
}

/** A value, and the token of this state of it. */
export interface MemcachedItem {
  readonly value: Uint8Array;
  readonly token: string;
}

/**
 * What a store needs of a Memcached. Values are bytes as they are, with flags 0, so that other languages' clients read and
 * write the same. An `exptime` is Memcached's own: seconds from now, up to 30 days; beyond that seconds since 1970; 0: never;
 * below 0: at once. Keys must be fit for Memcached.
 *
 * Nothing is sent twice. What did not happen, and what may or may not have happened, is rejected with the client's error.
 */
export interface MemcachedConnection {
  /** Undefined when there is none. @throws ConfigError where there are no tokens */
  gets(key: string): Promise<MemcachedItem | undefined>;
  /** Keeps a value under a key that has none. Whether it did. @throws TooLargeError */
  add(key: string, value: Uint8Array, exptime: number): Promise<boolean>;
  /** Puts a value in the place of the one of this token. False: there is another one, or none. @throws TooLargeError */
  cas(key: string, value: Uint8Array, exptime: number, token: string): Promise<boolean>;
  /** Whether there was one. */
  delete(key: string): Promise<boolean>;
  /** Moves the end of a value, whose token stays the same. Whether there is one. */
  touch(key: string, exptime: number): Promise<boolean>;
}

/** @throws ConfigError, for the class `store`, when it is no memcache-client, or one that has several servers */
export function connectionOf(client: MemcacheClient, store = "MemcachedStore"): MemcachedConnection {
  if (!hasMethod(client, "xsend") || !hasMethod(client, "_unpackValue")) {
    throw new ConfigError(
      `${store} takes a client of memcache-client: new MemcacheClient({ server: "127.0.0.1:11211" }). Others lose bytes or errors.`,
    );
  }
  const { servers } = client.options.server as { readonly servers?: readonly unknown[] };
  if (servers !== undefined && servers.length > 1) {
    throw new ConfigError(
      "memcache-client takes any of its servers for each command. Make a client for each server: new MemcachedStore([one, two]). In Flask-Session's layout there can be one server.",
    );
  }
  keepBytes(client);
  return new Connection(client);
}

class Connection implements MemcachedConnection {
  readonly #client: MemcacheClient;

  constructor(client: MemcacheClient) {
    this.#client = client;
  }

  async gets(key: string): Promise<MemcachedItem | undefined> {
    const found = (await this.#send(`gets ${key}`)) as Record<string, Found>;
    const item = found[key];
    if (item === undefined && Object.keys(found).length === 0) return undefined;
    if (item === undefined) throw unexpected();
    if (item.casUniq === "0") {
      throw new ConfigError(
        "This Memcached runs with -C: two that write at once cannot be told apart. Start it without.",
      );
    }
    return { value: bytes.get(item.tokens)!, token: item.casUniq };
  }

  add(key: string, value: Uint8Array, exptime: number): Promise<boolean> {
    return this.#change(`add ${key} 0 ${exptime} ${value.length}`, value, "STORED", ["NOT_STORED"]);
  }

  cas(key: string, value: Uint8Array, exptime: number, token: string): Promise<boolean> {
    const line = `cas ${key} 0 ${exptime} ${value.length} ${token}`;
    return this.#change(line, value, "STORED", ["EXISTS", "NOT_FOUND"]);
  }

  delete(key: string): Promise<boolean> {
    return this.#change(`delete ${key}`, undefined, "DELETED", ["NOT_FOUND"]);
  }

  touch(key: string, exptime: number): Promise<boolean> {
    return this.#change(`touch ${key} ${exptime}`, undefined, "TOUCHED", ["NOT_FOUND"]);
  }

  /** Whether the answer is `yes`. The client takes the `no`s for errors. */
  async #change(line: string, value: Uint8Array | undefined, yes: string, no: string[]): Promise<boolean> {
    let answer: string;
    try {
      [answer] = (await this.#send(line, value)) as [string];
    } catch (error) {
      const { message } = error as Error;
      if (no.includes(message)) return false;
      if (message === TOO_LARGE) throw await this.#tooLarge(value!.length);
      throw error;
    }
    if (answer !== yes) throw unexpected();
    return true;
  }

  async #tooLarge(size: number): Promise<TooLargeError> {
    const { STAT: settings } = (await this.#send("stats settings")) as { STAT: [string, string][] };
    const limit = Number(settings.find(([name]) => name === "item_size_max")?.[1]);
    const message = `A session takes ${size} bytes, and Memcached may keep ${limit}, its own and the key's included. Start it with a larger -I.`;
    return new TooLargeError(message, size, limit, []);
  }

  async #send(line: string, value?: Uint8Array): Promise<unknown> {
    const command = Buffer.from(`${line}\r\n`);
    const sent = value === undefined ? command : Buffer.concat([command, value, Buffer.from("\r\n")]);
    return this.#client.xsend((socket) => socket!.write(sent));
  }
}

const TOO_LARGE = "SERVER_ERROR object too large for cache";

/** What the client makes of a value: it is a text, and these the words of the line before it. */
interface Found {
  readonly tokens: readonly unknown[];
  readonly casUniq: string;
}

/** The bytes of values, by the words of the line before them. */
const bytes = new WeakMap<readonly unknown[], Uint8Array>();
const keeping = new WeakSet<MemcacheClient>();

/** The client makes a text of what has flags 0. It still does, and what the text was made of is kept beside it. */
function keepBytes(client: MemcacheClient): void {
  if (keeping.has(client)) return;
  keeping.add(client);
  const unpack = client._unpackValue;
  client._unpackValue = (result) => {
    bytes.set(result.cmdTokens, result.data as Uint8Array);
    return unpack.call(client, result);
  };
}

function unexpected(): Error {
  return new Error("What answered is no Memcached, or this is the answer to another question.");
}

function hasMethod(client: unknown, name: string): boolean {
  return typeof (client as Record<string, unknown> | null | undefined)?.[name] === "function";
}

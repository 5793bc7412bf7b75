import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { MemcacheClient } from "memcache-client";
// @ts-expect-error It has no types.
import Memcached from "memcached";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MemcachedServer, memcachedAsk, startMemcached } from "../../test/support/memcached-server.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { ConfigError, TooLargeError } from "../errors.ts";
import { connectionOf, type MemcachedConnection } from "./memcached-client.ts";

const ALL = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const bytes = (text: string) => Buffer.from(text, "latin1");

describeWith("memcached", "a connection to Memcached", () => {
  let server: MemcachedServer;
  let client: MemcacheClient;
  let connection: MemcachedConnection;
  const ask = (line: string, value?: string) => memcachedAsk(server.port, line, value);

  beforeAll(async () => {
    server = await startMemcached();
    client = new MemcacheClient({ server: server.address });
    connection = connectionOf(client);
  });
  afterAll(async () => {
    client.shutdown();
    await server.close();
  });

  test("keeps bytes as they are, with flags 0", async () => {
    expect(await connection.add("written", ALL, 0)).toBe(true);
    expect(await ask("get written")).toBe(`VALUE written 0 256\r\n${latin1(ALL)}\r\nEND`);
  });

  test.each([0, 4, 8, 16])("gives bytes that others wrote, with flags %i", async (flags) => {
    await ask(`set read-${flags} ${flags} 0 256`, latin1(ALL));
    expect((await connection.gets(`read-${flags}`))!.value).toEqual(Buffer.from(ALL));
  });

  test("fails where the client cannot read what others wrote", async () => {
    await ask("set compressed 1 0 256", latin1(ALL));
    await expect(connection.gets("compressed")).rejects.toThrow("compress");
    await ask("set broken 2 0 256", latin1(ALL));
    await expect(connection.gets("broken")).rejects.toThrow("JSON");
  });

  test("gives no value where there is none, and an empty one where it is empty", async () => {
    expect(await connection.gets("nothing")).toBe(undefined);
    await connection.add("empty", bytes(""), 0);
    expect((await connection.gets("empty"))!.value).toHaveLength(0);
  });

  test("adds once, and changes what has not changed", async () => {
    expect(await connection.add("a", bytes("1"), 0)).toBe(true);
    expect(await connection.add("a", bytes("2"), 0)).toBe(false);
    const first = (await connection.gets("a"))!;
    expect(await connection.cas("a", bytes("3"), 0, first.token)).toBe(true);
    expect(await connection.cas("a", bytes("4"), 0, first.token)).toBe(false);
    const second = (await connection.gets("a"))!;
    expect(latin1(second.value)).toBe("3");
    expect(await connection.touch("a", 100)).toBe(true);
    expect((await connection.gets("a"))!.token).toBe(second.token);
    expect(await ask("mg a t")).toMatch(/^HD t(100|99)$/);
    expect(await connection.delete("a")).toBe(true);
    expect(await connection.delete("a")).toBe(false);
    expect(await connection.touch("a", 100)).toBe(false);
    expect(await connection.cas("a", bytes("5"), 0, second.token)).toBe(false);
  });

  test("ends what has not changed, when it is to be over at once", async () => {
    await connection.add("b", bytes("1"), 0);
    const { token } = (await connection.gets("b"))!;
    expect(await connection.cas("b", bytes(""), -1, token)).toBe(true);
    expect(await connection.gets("b")).toBe(undefined);
    expect(await connection.cas("b", bytes("2"), 0, token)).toBe(false);
    expect(await connection.add("b", bytes("3"), 0)).toBe(true);
  });

  test("leaves what the application reads with its client as it was", async () => {
    connectionOf(client);
    const values = { text: "h\u00e9", number: 42, json: { a: [1] }, binary: Buffer.from(ALL) };
    for (const [key, value] of Object.entries(values)) {
      await client.set(key, value);
      expect((await client.get(key)).value).toEqual(value);
      expect(latin1((await connection.gets(key))!.value)).toBe(
        latin1(
          Buffer.from(Buffer.isBuffer(value) || typeof value === "string" ? value : JSON.stringify(value)),
        ),
      );
    }
    await client.set("plain", "text");
    const [own, theirs] = await Promise.all([connection.gets("plain"), client.gets("plain")]);
    expect([latin1(own!.value), theirs.value]).toEqual(["text", "text"]);
  });

  test("says what is too large, and how large it may be; nothing has changed", async () => {
    await connection.add("c", bytes("small"), 0);
    const { token } = (await connection.gets("c"))!;
    const large = new Uint8Array(1024 * 1024);
    const answers = [connection.cas("c", large, 0, token), connection.add("d", large, 0)];
    const others = Array.from({ length: 10 }, () => connection.gets("c"));
    for (const error of await Promise.all(
      answers.map((answer) => answer.catch((reason: unknown) => reason)),
    )) {
      expect(error).toBeInstanceOf(TooLargeError);
      expect(error).toMatchObject({ size: 1_048_576, limit: 1_048_576 });
      expect((error as Error).message).toMatch(/-I/);
    }
    for (const item of await Promise.all(others)) expect(latin1(item!.value)).toBe("small");
    expect(await connection.gets("d")).toBe(undefined);
  });

  test("passes on what goes wrong", async () => {
    await expect(connection.gets("k".repeat(251))).rejects.toThrow("CLIENT_ERROR");
    await expect(connection.add("e", bytes("1"), Number.NaN)).rejects.toThrow("CLIENT_ERROR");
    const other = new MemcacheClient({ server: "127.0.0.1:1" });
    await expect(connectionOf(other).gets("a")).rejects.toThrow("ECONNREFUSED");
    expect((await connection.gets("c"))!.value).toHaveLength(5);
  });

  test("does not take another answer for its own", async () => {
    const answers: Record<string, string> = {
      gets: "VALUE other 0 1 1\r\nx\r\nEND\r\n",
      add: "DELETED\r\n",
      delete: "STORED\r\n",
    };
    const odd: Server = createServer((socket) => {
      socket.on("data", (data) => socket.write(answers[String(data).split(" ")[0]!]!));
    }).listen(0, "127.0.0.1");
    await once(odd, "listening");
    const { port } = odd.address() as { port: number };
    const astray = new MemcacheClient({ server: `127.0.0.1:${port}` });
    try {
      await expect(connectionOf(astray).gets("a")).rejects.toThrow("another question");
      await expect(connectionOf(astray).add("a", bytes("1"), 0)).rejects.toThrow("another question");
      await expect(connectionOf(astray).delete("a")).rejects.toThrow("another question");
    } finally {
      astray.shutdown();
      odd.close();
    }
  });

  test("works with a client of one server, however that is written", async () => {
    const { address } = server;
    for (const one of [address, { server: address }, { servers: [{ server: address, maxConnections: 2 }] }]) {
      const other = new MemcacheClient({ server: one });
      expect(await connectionOf(other).gets("nothing")).toBe(undefined);
      other.shutdown();
    }
  });

  test("refuses other clients, and says what to do", () => {
    const { address } = server;
    const others = [undefined, null, address, {}, new Memcached(address), Promise.resolve(client)];
    for (const other of others) {
      expect(() => connectionOf(other as never)).toThrow(ConfigError);
      expect(() => connectionOf(other as never)).toThrow(/new MemcacheClient/);
    }
    const several = new MemcacheClient({
      server: { servers: [{ server: address, maxConnections: 1 }, { server: "127.0.0.1:1" }] },
    });
    expect(() => connectionOf(several)).toThrow(/a client for each server/);
  });
});

describeWith("memcached", "a Memcached that cannot tell states apart", () => {
  test("is refused", async () => {
    const server = await startMemcached(["-C"]);
    const client = new MemcacheClient({ server: server.address });
    try {
      const connection = connectionOf(client);
      await connection.add("a", bytes("1"), 0);
      await expect(connection.gets("a")).rejects.toThrow(ConfigError);
      await expect(connection.gets("a")).rejects.toThrow("-C");
    } finally {
      client.shutdown();
      await server.close();
    }
  });
});

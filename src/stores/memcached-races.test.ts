import { MemcacheClient } from "memcache-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MemcachedServer, memcachedAsk, startMemcached } from "../../test/support/memcached-server.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import type { SessionKey, StoredRecord, Version } from "../session/store.ts";
import {
  assertStored,
  at,
  conflicting,
  create,
  HOUR,
  key,
  lives,
  load,
  record,
  save,
} from "../testing/stores/common.ts";
import { MemcachedStore } from "./memcached.ts";

type Send = MemcacheClient["xsend"];

/** A client in which something happens before a command is sent. */
class PacedClient extends MemcacheClient {
  before: (command: string) => Promise<unknown> | undefined = () => undefined;

  override async xsend(...[data, options]: Parameters<Send>): ReturnType<Send> {
    await this.before(commandOf(data));
    return super.xsend(data, options);
  }
}

function commandOf(data: Parameters<Send>[0]): string {
  let command = "";
  const write = (bytes: Uint8Array) => (command = Buffer.from(bytes).toString("latin1"));
  (data as (socket: object) => void)({ write });
  return command;
}

describeWith("memcached", "between the two steps of what MemcachedStore does", () => {
  let server: MemcachedServer;
  let client: PacedClient;
  let otherClient: MemcacheClient;
  let store: MemcachedStore;
  let other: MemcachedStore;
  let rounds = 0;

  beforeAll(async () => {
    server = await startMemcached();
    client = new PacedClient({ server: server.address });
    otherClient = new MemcacheClient({ server: server.address });
    store = new MemcachedStore(client);
    other = new MemcachedStore(otherClient);
  });
  afterAll(async () => {
    client.shutdown();
    otherClient.shutdown();
    await server.close();
  });

  /** What another process, or Memcached, does to a record of this version, and what the record is then. */
  type Happening = (one: SessionKey, version: Version) => Promise<unknown>;
  const saved = record("saved by another one", 2 * HOUR);
  const again = record("created again", 3 * HOUR);
  const evict: Happening = (one) => memcachedAsk(server.port, `delete hipflask:${one.id}`);
  const happenings: Record<string, Happening> = {
    save: (one, version) => save(other, one, version, saved, at(1000)),
    touch: (one, version) => other.touch(one, version, at(5 * HOUR), at(1000)),
    delete: (one) => other.delete(one),
    eviction: evict,
    "a second record after a delete": async (one) => {
      await other.delete(one);
      await create(other, one, again);
    },
    "a second record after an eviction": async (one, version) => {
      await evict(one, version);
      await create(other, one, again);
    },
  };

  interface Round<T> {
    readonly one: SessionKey;
    readonly next: SessionKey;
    readonly version: Version;
    readonly answer: T;
    readonly left: StoredRecord | undefined;
  }

  /** Begins with a record, and lets `happening` happen when `work` has read it and before it writes. */
  async function during<T>(
    happening: Happening,
    work: (one: SessionKey, version: Version, next: SessionKey) => Promise<T>,
  ): Promise<Round<T>> {
    const [one, next] = [key(`one-${++rounds}`), key(`next-${rounds}`)];
    const version = await create(other, one, record("first"));
    let isDone = false;
    client.before = (command) => {
      if (isDone || !command.startsWith(`cas hipflask:${one.id}`)) return undefined;
      isDone = true;
      return happening(one, version);
    };
    const answer = await work(one, version, next);
    client.before = () => undefined;
    expect(isDone).toBe(true);
    return { one, next, version, answer, left: await other.load(one, at(0)) };
  }

  const gone = ["delete", "eviction"];
  const recreated = ["a second record after a delete", "a second record after an eviction"];
  const mine = record("mine", 4 * HOUR);

  describe("a save", () => {
    const work = (one: SessionKey, version: Version) => store.save(one, version, mine, at(0));

    test("goes on after a touch", async () => {
      const { answer, left } = await during(happenings["touch"]!, work);
      assertStored(left, mine, at(0));
      expect(answer).toEqual({ outcome: "saved", version: left!.version });
    });

    test("conflicts with another save", async () => {
      const { answer, left } = await during(happenings["save"]!, work);
      assertStored(left, saved, at(1000));
      expect(conflicting(answer)).toEqual(left);
    });

    test.each(gone)("is gone after %s", async (what) => {
      const { answer, left } = await during(happenings[what]!, work);
      expect([answer, left]).toEqual([{ outcome: "gone" }, undefined]);
    });

    test.each(recreated)("does not take %s for its own", async (what) => {
      const { answer, left } = await during(happenings[what]!, work);
      assertStored(left, again, at(0));
      expect(conflicting(answer)).toEqual(left);
    });
  });

  describe("a touch", () => {
    const work = (one: SessionKey, version: Version) => store.touch(one, version, at(4 * HOUR), at(2000));

    test("goes on after another touch", async () => {
      const { answer, left, version } = await during(happenings["touch"]!, work);
      assertStored(left, record("first", 4 * HOUR), at(2000));
      expect([answer, left!.version]).toEqual([true, version]);
    });

    test.each(["save", ...recreated])("changes nothing after %s", async (what) => {
      const { answer, left } = await during(happenings[what]!, work);
      expect(answer).toBe(false);
      if (what === "save") assertStored(left, saved, at(1000));
      else assertStored(left, again, at(0));
    });

    test.each(gone)("brings nothing back after %s", async (what) => {
      const { answer, left } = await during(happenings[what]!, work);
      expect([answer, left]).toEqual([false, undefined]);
    });
  });

  describe("a delete", () => {
    const work = (one: SessionKey) => store.delete(one);

    test.each(["save", "touch", ...recreated])("gives what %s has left, and ends it", async (what) => {
      const { answer, left, one } = await during(happenings[what]!, work);
      if (what === "save") assertStored(answer, saved, at(1000));
      else if (what === "touch") assertStored(answer, record("first", 5 * HOUR), at(1000));
      else assertStored(answer, again, at(0));
      expect(left).toBe(undefined);
      expect(await memcachedAsk(server.port, `get hipflask:${one.id}`)).toBe("END");
    });

    test.each(gone)("gives nothing after %s", async (what) => {
      const { answer, left } = await during(happenings[what]!, work);
      expect([answer, left]).toEqual([undefined, undefined]);
    });

    test("ends one that many write at the same time", async () => {
      const one = key("busy");
      const versions = new Map([["first", await create(other, one, record("first"))]]);
      let count = 0;
      client.before = async (command) => {
        if (!command.startsWith("cas") || count === 50) return;
        const name = String(++count);
        versions.set(name, await save(other, one, (await load(other, one)).version, record(name)));
      };
      assertStored(await store.delete(one), record("50"), at(0));
      client.before = () => undefined;
      for (const version of versions.values())
        expect(await other.save(one, version, record("late"), at(0))).toEqual({ outcome: "gone" });
    });
  });

  describe("a replace", () => {
    const work = (one: SessionKey, version: Version, next: SessionKey) =>
      store.replace(one, version, record("retired", 4 * HOUR), next, mine, at(0));

    test("goes on after a touch", async () => {
      const { answer, left, next } = await during(happenings["touch"]!, work);
      assertStored(left, record("retired", 4 * HOUR), at(0));
      const made = await load(other, next);
      assertStored(made, mine, at(0));
      expect(answer).toEqual({ outcome: "saved", version: made.version });
    });

    test.each(["save", ...recreated])("conflicts after %s, and leaves no next record", async (what) => {
      const { answer, left, next } = await during(happenings[what]!, work);
      expect(conflicting(answer)).toEqual(left);
      expect(await lives(other, next)).toBe(false);
    });

    test.each(gone)("is gone after %s, and leaves no next record", async (what) => {
      const { answer, left, next } = await during(happenings[what]!, work);
      expect([answer, left]).toEqual([{ outcome: "gone" }, undefined]);
      expect(await lives(other, next)).toBe(false);
    });

    test("whose next record is there already leaves both as they were", async () => {
      const [one, next] = [key("kept"), key("taken")];
      const version = await create(other, one, record("first"));
      await create(other, next, record("somebody else's"));
      await expect(work(one, version, next)).rejects.toThrow("next key already");
      assertStored(await load(other, one), record("first"), at(0));
      assertStored(await load(other, next), record("somebody else's"), at(0));
    });

    test("that does not know whether it has retired the record leaves no next one", async () => {
      const [one, next] = [key("one"), key("next")];
      const version = await create(other, one, record("first"));
      client.before = async (command) => {
        if (!command.startsWith(`cas hipflask:${one.id}`)) return;
        await memcachedAsk(server.port, command.slice(0, -2));
        throw new Error("the answer was lost");
      };
      await expect(work(one, version, next)).rejects.toThrow("the answer was lost");
      client.before = () => undefined;
      assertStored(await load(other, one), record("retired", 4 * HOUR), at(0));
      expect(await lives(other, next)).toBe(false);
    });
  });
});

describeWith("memcached", "a MemcachedStore behind a proxy that reads here and writes there", () => {
  /** Reads from one server, and writes to another. */
  class SplitClient extends MemcacheClient {
    readonly #writes: MemcacheClient;

    constructor(reads: string, writes: string) {
      super({ server: reads });
      this.#writes = new MemcacheClient({ server: writes });
    }

    override xsend(...[data, options]: Parameters<Send>): ReturnType<Send> {
      return commandOf(data).startsWith("gets")
        ? super.xsend(data, options)
        : this.#writes.xsend(data, options);
    }

    override shutdown(): void {
      super.shutdown();
      this.#writes.shutdown();
    }
  }

  test("fails, and does not try for ever", async () => {
    const [reads, writes] = await Promise.all([startMemcached(), startMemcached()]);
    const client = new SplitClient(reads.address, writes.address);
    const store = new MemcachedStore(client);
    const name = `hipflask:${key("a").id}`;
    try {
      const version = await create(store, key("a"), record("x"));
      // The same there, under another token.
      const [, value] = /^VALUE .*?\r\n([^]*)\r\nEND$/.exec(await memcachedAsk(writes.port, `get ${name}`))!;
      await memcachedAsk(reads.port, "set another 0 0 1", "x");
      await memcachedAsk(reads.port, `set ${name} 0 0 ${value!.length}`, value);
      expect((await load(store, key("a"))).version).toBe(version);
      const refused = await Promise.allSettled([
        store.save(key("a"), version, record("y"), at(0)),
        store.touch(key("a"), version, at(HOUR), at(0)),
        store.delete(key("a")),
      ]);
      for (const result of refused)
        expect(result).toMatchObject({
          status: "rejected",
          reason: { message: expect.stringContaining("had just changed") },
        });
    } finally {
      client.shutdown();
      await Promise.all([reads.close(), writes.close()]);
    }
  });
});

import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { memoryInUse } from "../../../test/support/memory-in-use.ts";
import type { OwnedRecord, RecordPage, SessionStore } from "../../session/index.ts";
import { MemoryStore } from "../../stores/memory.ts";
import type { Io } from "../io.ts";
import { list } from "./list.ts";

const COUNT = process.env["HIPFLASK_LONG"] === "1" ? 1_000_000 : 50_000;

/** So many sessions, of which none is there before it is asked for. */
class EndlessStore extends MemoryStore implements SessionStore {
  override async list(after: string | undefined, limit: number): Promise<RecordPage> {
    const begin = Number(after ?? 0);
    const end = Math.min(COUNT, begin + limit);
    const records = Array.from({ length: end - begin }, (_, i) => recordOf(begin + i));
    return { records, next: end < COUNT ? String(end) : undefined };
  }
}

function recordOf(n: number): OwnedRecord {
  const data = Buffer.from(`{"_created":1795000000,"_user_id":"${n}","text":"${"x".repeat(500)}"}`);
  const [seen, expires] = [new Date(), new Date(Date.now() + 60_000)];
  return { key: { id: String(n).padStart(43, "A"), owner: undefined }, data, seen, expires, version: n };
}

test("Ctrl-C is heard also where store and output never wait", async () => {
  const stdout = new Writable({ write: (_, __, done) => done() });
  const interruption = new AbortController();
  const { signal } = interruption;
  const io: Io = { stdin: process.stdin, stdout, stderr: stdout, env: {}, cwd: ".", signal, exitCode: 0 };
  setImmediate(() => interruption.abort());
  await expect(list(new EndlessStore(), undefined, { json: true }, io)).rejects.toThrow("interrupted");
});

test(`${COUNT} sessions are listed in the memory of one page`, { timeout: 600_000 }, async () => {
  let lines = 0;
  let most = 0;
  // Slower than the store, as a pipe is: nothing may be piled up before it.
  const stdout = new Writable({
    highWaterMark: 1024,
    write(chunk: Buffer, _, done) {
      lines += chunk.toString().split("\n").length - 1;
      if (lines % 10_000 === 0) most = Math.max(most, memoryInUse());
      setImmediate(done);
    },
  });
  const io: Io = { stdin: process.stdin, stdout, stderr: stdout, env: {}, cwd: ".", exitCode: 0 };
  const before = memoryInUse();
  await list(new EndlessStore(), undefined, { json: true }, io);
  expect(lines).toBe(COUNT);
  // All of them at once would be 25 MB and more.
  expect(most).toBeGreaterThan(0);
  expect(most - before).toBeLessThan(8 * 1024 * 1024);
  expect(stdout.listenerCount("close") + stdout.listenerCount("drain")).toBe(0);
});

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { withoutRandomness } from "../../../test/support/no-randomness.ts";
import { failure } from "../../../test/support/server-sessions.ts";
import { KEY, Visitor } from "../../../test/support/visitor.ts";
import { createSessions } from "../index.ts";

const NONCE = 24;
const THREADS = 4;
/** The million takes half a minute. */
const COUNT = process.env["HIPFLASK_LONG"] === "1" ? 2 ** 20 : 2 ** 16;

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../../../test/support/sealing-worker.ts", import.meta.url))],
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
  });
  return outputFiles[0]!.text;
}

test(
  `${COUNT} sessions that ${THREADS} threads encrypt with one key have as many nonces`,
  { timeout: 600_000 },
  async () => {
    const code = await bundle();
    const parts = await Promise.all(
      Array.from({ length: THREADS }, async () => {
        const worker = new Worker(code, {
          eval: true,
          workerData: { secretKey: KEY, count: COUNT / THREADS },
        });
        const [nonces] = (await once(worker, "message")) as [Uint8Array];
        await worker.terminate();
        return nonces;
      }),
    );
    const all = Buffer.concat(parts);
    expect(all).toHaveLength(COUNT * NONCE);
    // Each of the three parts is distinct by itself: by chance that fails once in ten million runs.
    for (const offset of [0, 8, 16]) {
      const numbers = BigUint64Array.from({ length: COUNT }, (_, i) =>
        all.readBigUInt64LE(i * NONCE + offset),
      ).toSorted();
      expect(numbers.findIndex((number, i) => number === numbers[i + 1])).toBe(-1);
    }
    // Nor does any bit prefer a value: six standard deviations of a fair coin.
    const ones = Array.from({ length: NONCE * 8 }, () => 0);
    for (let i = 0; i < all.length; i++)
      for (let bit = 0; bit < 8; bit++) ones[(i % NONCE) * 8 + bit]! += (all[i]! >> bit) & 1;
    for (const count of ones) expect(Math.abs(count - COUNT / 2)).toBeLessThan(3 * Math.sqrt(COUNT));
  },
);

test("without randomness there is no cookie: nothing takes its place", async () => {
  const visitor = new Visitor(createSessions<{ a?: number }>({ secretKey: KEY }));
  await withoutRandomness(async () => {
    const error = await failure(visitor.visit(({ data }) => (data.a = 1)));
    expect(error.message).toBe("no entropy");
  });
  expect(visitor.cookie).toBe("");
});

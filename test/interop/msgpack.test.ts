import { deepStrictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { FlaskSessionCodec } from "hipflask/codec";
import { afterAll, beforeAll, expect, test } from "vitest";
import { flaskSessionJson } from "../../src/codec/flask-session-json.ts";
import { readMsgpack } from "../../src/encoding/msgpack/read.ts";
import { writeMsgpack } from "../../src/encoding/msgpack/write.ts";
import { DataError } from "../../src/errors.ts";
import { describeWith } from "../support/provisioned.ts";
import { PythonLines } from "../support/python-lines.ts";
import { type Desc, fromDesc } from "../support/python-values.ts";
import { pickledDescs } from "./pickle-descs.ts";

// The same sessions every time. INTEROP_SEED gives others.
const SEED = Number(process.env["INTEROP_SEED"] ?? 20);
const SESSIONS = process.env["HIPFLASK_LONG"] ? 100_000 : 10_000;
const BATCH = 500;

const batches = Array.from({ length: SESSIONS / BATCH }, (_, batch) => SEED * 1_000_003 + batch);

/** What msgpack_lines.py can be asked. */
interface Questions {
  tame(question: { descs: readonly Desc[] }): Desc[];
  pack(question: { descs: readonly Desc[] }): (string | null)[];
  unpack(question: { packed: readonly string[] }): Desc[];
  make(question: { seed: number; count: number }): { desc: Desc; bytes: string }[];
}

describeWith("msgpack", `${SESSIONS} random sessions in MessagePack (seed ${SEED})`, () => {
  const codec = new FlaskSessionCodec();
  let python: PythonLines<Questions>;

  beforeAll(() => {
    python = new PythonLines(fileURLToPath(new URL("msgpack_lines.py", import.meta.url)));
  });
  afterAll(() => python.stop());

  function written(desc: Desc): string | null {
    try {
      return hex(writeMsgpack(fromDesc(desc, "order")));
    } catch (error) {
      if (error instanceof DataError) return null;
      throw error;
    }
  }

  test("written by TypeScript have Python's bytes, and both read the same in them", async () => {
    for (const seed of batches) {
      const descs = await python.ask("tame", { descs: fc.sample(pickledDescs, { seed, numRuns: BATCH }) });
      const packed = descs.map((desc) => written(desc)!);
      const meant = await python.ask("pack", { descs });
      packed.forEach((bytes, i) => expect(bytes).toBe(meant[i]));
      const found = await python.ask("unpack", { packed });
      found.forEach((desc, i) => deepStrictEqual(read(packed[i]!), fromDesc(desc, "all")));
    }
  }, 1_200_000);

  test("are refused by TypeScript where Python refuses them", async () => {
    let refused = 0;
    for (const seed of batches.slice(0, batches.length / 10)) {
      const descs = fc.sample(pickledDescs, { seed, numRuns: BATCH });
      const meant = await python.ask("pack", { descs });
      descs.forEach((desc, i) => expect(written(desc) === null).toBe(meant[i] === null));
      refused += meant.filter((bytes) => bytes === null).length;
    }
    expect(refused).toBeGreaterThan(BATCH / 10);
  }, 1_200_000);

  test("made by Python are read as Python reads them, and come back byte for byte", async () => {
    for (const seed of batches) {
      for (const { desc, bytes } of await python.ask("make", { seed, count: BATCH })) {
        const { data, numberTypes } = codec.decode(Buffer.from(bytes, "hex"));
        const text = flaskSessionJson.stringify(data, numberTypes);
        const parsed = flaskSessionJson.parse(text);
        const again = hex(codec.encode(parsed.data, parsed.numberTypes));
        deepStrictEqual(read(bytes), fromDesc(desc, "all"));
        // JavaScript moves keys that are integers in text.
        if (parsed.canonical) expect(again).toBe(bytes);
        else deepStrictEqual(read(again), read(bytes));
      }
    }
  }, 1_200_000);
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function read(bytes: string): unknown {
  return readMsgpack(Buffer.from(bytes, "hex"));
}

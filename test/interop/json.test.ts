import { deepStrictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { FlaskSessionCodec } from "hipflask/codec";
import { afterAll, beforeAll, test } from "vitest";
import { flaskSessionJson } from "../../src/codec/flask-session-json.ts";
import { readMsgspecJson, writeMsgspecJson } from "../../src/encoding/msgspec-json.ts";
import { describeWith } from "../support/provisioned.ts";
import { PythonLines } from "../support/python-lines.ts";
import { type Desc, fromDesc } from "../support/python-values.ts";
import { comparable, pickledDescs } from "./pickle-descs.ts";

// The same sessions every time. INTEROP_SEED gives others.
const SEED = Number(process.env["INTEROP_SEED"] ?? 20);
const SESSIONS = process.env["HIPFLASK_LONG"] ? 100_000 : 2000;
const BATCH = 500;

const batches = Array.from({ length: SESSIONS / BATCH }, (_, batch) => SEED * 1_000_003 + batch);

/** What json_lines.py can be asked. */
interface Questions {
  tame(question: { descs: readonly Desc[] }): Desc[];
  plain(question: { descs: readonly Desc[] }): Desc[];
  load(question: { texts: readonly string[] }): Desc[];
  make(question: { seed: number; count: number }): { desc: Desc; text: string }[];
}

describeWith("flask", `${SESSIONS} random sessions in JSON (seed ${SEED})`, () => {
  const codec = new FlaskSessionCodec({ format: "json" });
  let python: PythonLines<Questions>;

  beforeAll(() => {
    python = new PythonLines(fileURLToPath(new URL("json_lines.py", import.meta.url)));
  });
  afterAll(() => python.stop());

  test("written by TypeScript are to Python what was meant, and read the same by both", async () => {
    for (const seed of batches) {
      const descs = await python.ask("tame", { descs: fc.sample(pickledDescs, { seed, numRuns: BATCH }) });
      const texts = descs.map((desc) => text(writeMsgspecJson(fromDesc(desc, "order"))));
      const meant = await python.ask("plain", { descs });
      const found = await python.ask("load", { texts });
      found.forEach((desc, i) => {
        deepStrictEqual(comparable(desc), comparable(meant[i]!), texts[i]);
        deepStrictEqual(readMsgspecJson(Buffer.from(texts[i]!)), fromDesc(desc, "all"));
      });
    }
  }, 1_200_000);

  test("made by Python are read as Python reads them, and come back as they were", async () => {
    for (const seed of batches) {
      const made = await python.ask("make", { seed, count: BATCH });
      const texts = made.map((session) => {
        const { data, numberTypes } = codec.decode(Buffer.from(session.text));
        deepStrictEqual(readMsgspecJson(Buffer.from(session.text)), fromDesc(session.desc, "all"));
        const parsed = flaskSessionJson.parse(flaskSessionJson.stringify(data, numberTypes));
        return text(codec.encode(parsed.data, parsed.numberTypes));
      });
      const found = await python.ask("load", { texts });
      found.forEach((desc, i) => deepStrictEqual(comparable(desc), comparable(made[i]!.desc)));
    }
  }, 1_200_000);
});

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

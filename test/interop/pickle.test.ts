import { deepStrictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import { readPickle } from "../../src/encoding/pickle/read.ts";
import { writePickle } from "../../src/encoding/pickle/write.ts";
import { MalformedError } from "../../src/errors.ts";
import { describeWith } from "../support/provisioned.ts";
import { PythonLines } from "../support/python-lines.ts";
import { type Desc, fromDesc } from "../support/python-values.ts";
import { comparable, pickledDescs, plainDescs } from "./pickle-descs.ts";

// The same sessions every time. INTEROP_SEED gives others.
const SEED = Number(process.env["INTEROP_SEED"] ?? 20);
const SESSIONS = process.env["HIPFLASK_LONG"] ? 100_000 : 10_000;
const BATCH = 500;

const batches = Array.from({ length: SESSIONS / BATCH }, (_, batch) => SEED * 1_000_003 + batch);

/** What pickle_lines.py can be asked. */
interface Questions {
  load(question: { pickles: readonly string[]; plain: readonly boolean[] }): Desc[];
  examine(question: { pickles: readonly string[] }): Desc[];
  dump(question: { seed: number; count: number }): { desc: Desc; pickle: string }[];
}

describeWith("flask", `${SESSIONS} random pickles (seed ${SEED})`, () => {
  let python: PythonLines<Questions>;

  beforeAll(() => {
    python = new PythonLines(fileURLToPath(new URL("pickle_lines.py", import.meta.url)));
  });
  afterAll(() => python.stop());

  /** Writes sessions, lets Python and our reader read them, and compares. */
  async function roundTrip(descs: readonly Desc[], plain: boolean): Promise<void> {
    const pickles = descs.map((desc) => writePickle(fromDesc(desc, "all")));
    const found = await python.ask("load", {
      pickles: pickles.map((pickle) => Buffer.from(pickle).toString("hex")),
      plain: pickles.map(() => plain),
    });
    descs.forEach((desc, i) => {
      deepStrictEqual(comparable(found[i]!), comparable(desc));
      deepStrictEqual(readPickle(pickles[i]!), fromDesc(desc, "all"));
    });
  }

  test("written by TypeScript are to Python what they were meant to be, and to our reader too", async () => {
    for (const seed of batches) await roundTrip(fc.sample(pickledDescs, { seed, numRuns: BATCH }), false);
  }, 1_200_000);

  test("written by TypeScript name no class where the data is plain", async () => {
    for (const seed of batches.slice(0, batches.length / 10)) {
      await roundTrip(fc.sample(plainDescs, { seed, numRuns: BATCH }), true);
    }
  }, 1_200_000);

  test("made by Python are read in every protocol, and written back as they were", async () => {
    for (const seed of batches) {
      const made = await python.ask("dump", { seed, count: BATCH });
      const values = made.map(({ pickle }) => readPickle(Buffer.from(pickle, "hex")));
      made.forEach(({ desc }, i) => deepStrictEqual(values[i], fromDesc(desc, "all")));
      const written = values.map((value) => Buffer.from(writePickle(value)).toString("hex"));
      const found = await python.ask("load", { pickles: written, plain: written.map(() => false) });
      found.forEach((desc, i) => deepStrictEqual(comparable(desc), comparable(made[i]!.desc)));
    }
  }, 1_200_000);

  test("made by Python and damaged, are refused or read as Python reads them", async () => {
    for (const seed of batches.slice(0, batches.length / 4)) {
      const made = await python.ask("dump", { seed, count: BATCH });
      const edits = fc.sample(damage, { seed, numRuns: made.length });
      const accepted = made
        .map(({ pickle }, i) => damaged(Buffer.from(pickle, "hex"), edits[i]!))
        .map((pickle) => ({ pickle, value: tryToRead(pickle) }))
        .filter(({ value }) => value !== REFUSED);
      const hex = (pickle: Uint8Array) => Buffer.from(pickle).toString("hex");
      const meant = await python.ask("examine", { pickles: accepted.map(({ pickle }) => hex(pickle)) });
      const found = await python.ask("examine", {
        pickles: accepted.map(({ value }) => hex(writePickle(value))),
      });
      accepted.forEach(({ pickle }, i) => {
        deepStrictEqual(comparable(found[i]!), comparable(meant[i]!), hex(pickle));
      });
    }
  }, 1_200_000);
});

const REFUSED = Symbol("refused");

function tryToRead(pickle: Uint8Array): unknown {
  try {
    return readPickle(pickle);
  } catch (error) {
    if (error instanceof MalformedError) return REFUSED;
    throw error;
  }
}

/** One to three changes of a few bytes. */
const damage = fc.array(fc.record({ at: fc.nat(), cut: fc.nat(2), put: fc.uint8Array({ maxLength: 2 }) }), {
  minLength: 1,
  maxLength: 3,
});

type Damage = typeof damage extends fc.Arbitrary<infer Edits> ? Edits : never;

function damaged(pickle: Buffer, edits: Damage): Buffer {
  return edits.reduce((bytes, { at, cut, put }) => {
    const start = at % bytes.length;
    return Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + cut)]);
  }, pickle);
}

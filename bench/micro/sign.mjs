import assert from "node:assert/strict";
import { plus, ratio, sideBySide, spread } from "../lib/ab.mjs";
import { sessionOf } from "../lib/samples.mjs";
import { signVariants } from "./sign-variants.mjs";

export const about = "sign and verify sessions of 100 B, 1 KB and 4 KB of JSON";

const OURS = "hipflask FlaskCookie";
const SIZES = [100, 1000, 4000];

const GOALS = [
  { against: ["plain node:crypto"], limit: 0.7, sizes: [100] },
  { against: ["itsdangerous.js"], limit: 1 / 6, sizes: SIZES },
  { against: ["jose HS256"], limit: 1 / 30, sizes: [100] },
];

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const tables = [];
  const goals = [];
  for (const size of SIZES) {
    const data = sessionOf(size);
    const json = JSON.stringify(data).length;
    log(`${json} bytes of JSON`);
    const variants = signVariants();
    const tasks = [];
    const bytes = new Map();
    for (const variant of variants) {
      const text = await prove(variant, data);
      bytes.set(variant.name, text.length);
      tasks.push(
        { name: `${variant.name} sign`, async: variant.async, run: () => variant.sign(data) },
        { name: `${variant.name} verify`, async: variant.async, run: () => variant.verify(text) },
      );
    }
    const figures = await sideBySide(tasks, quick ? { rounds: 15, slice: 12 } : { rounds: 40, slice: 25 });
    const pair = (name, kind) => plus(figures.get(`${name} sign`)[kind], figures.get(`${name} verify`)[kind]);
    tables.push({
      title: `Sign + verify, ${json} B of JSON (microseconds per call; the ratio is of CPU per pair)`,
      columns: ["variant", "sign CPU", "verify CPU", "sign wall", "verify wall", "bytes", `${OURS} / this`],
      rows: variants.map(({ name }) => [
        name,
        micros(figures.get(`${name} sign`).cpu),
        micros(figures.get(`${name} verify`).cpu),
        micros(figures.get(`${name} sign`).wall),
        micros(figures.get(`${name} verify`).wall),
        bytes.get(name),
        name === OURS ? "" : ratio(pair(OURS, "cpu"), pair(name, "cpu")),
      ]),
    });
    for (const { against, limit, sizes } of GOALS) {
      if (!sizes.includes(size)) continue;
      for (const name of against) {
        for (const kind of ["cpu", "wall"]) {
          goals.push({
            goal: `sign + verify, ${json} B, against ${name}, ${kind === "cpu" ? "CPU" : "wall"}`,
            limit,
            ratio: ratio(pair(OURS, kind), pair(name, kind)),
          });
        }
      }
    }
  }
  return { tables, goals };
}

/** The variant gives back what it was given, and refuses a text in which one character was changed. */
async function prove(variant, data) {
  const text = await variant.sign(data);
  assert.deepEqual(await variant.verify(text), data, `${variant.name} does not round-trip`);
  for (const at of [text.length >> 2, text.length - 5]) {
    const tampered = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
    let answer;
    try {
      answer = await variant.verify(tampered);
    } catch {
      continue;
    }
    // iron-session answers with an empty object.
    assert.ok(
      answer === undefined || Object.keys(answer).length === 0,
      `${variant.name} accepts a tampered text`,
    );
  }
  return text;
}

function micros(values) {
  return spread(values).median / 1000;
}

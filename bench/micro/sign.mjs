import assert from "node:assert/strict";
import { plus, quiet, ratio, sideBySide, spread } from "../lib/ab.mjs";
import { sessionOf } from "../lib/samples.mjs";
import { signVariants } from "./sign-variants.mjs";

export const about = "sign and verify sessions of 100 B, 1 KB and 4 KB of JSON";

const OURS = "hipflask FlaskCookie";
const SIZES = [100, 1000, 4000];

const GOALS = [
  ["plain node:crypto", 0.7],
  ["itsdangerous.js", 1 / 6],
  ["jose HS256", 1 / 30],
];

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const tables = [];
  const goals = [];
  for (const size of SIZES) {
    // Different visitors, so that nobody gains by remembering the last one.
    const sessions = Array.from({ length: 32 }, (_, i) => ({ ...sessionOf(size), count: 10 + i }));
    const title = `${JSON.stringify(sessions[0]).length} B of JSON`;
    log(title);
    const variants = signVariants();
    const texts = new Map();
    for (const variant of variants) texts.set(variant.name, await prove(variant, sessions));
    const tasks = variants.flatMap(({ name, async, sign, verify }) => [
      { name: `${name} sign`, async, run: sign, inputs: sessions },
      { name: `${name} verify`, async, run: verify, inputs: texts.get(name) },
    ]);
    const figures = await sideBySide(tasks, quick ? { rounds: 15, slice: 12 } : { rounds: 50, slice: 20 });

    const pair = (name, kind) => plus(figures.get(`${name} sign`)[kind], figures.get(`${name} verify`)[kind]);
    const against = (name, kind) => ratio(pair(OURS, kind), pair(name, kind));
    const micros = (task, kind) => spread(figures.get(task)[kind]).median / 1000;
    tables.push({
      title: `Sign and verify ${title} (microseconds per call)`,
      columns: [
        "variant",
        "sign CPU",
        "verify CPU",
        "sign wall",
        "verify wall",
        "bytes",
        `${OURS} / this, CPU of both`,
      ],
      rows: variants.map(({ name }) => [
        name,
        micros(`${name} sign`, "cpu"),
        micros(`${name} verify`, "cpu"),
        micros(`${name} sign`, "wall"),
        micros(`${name} verify`, "wall"),
        texts.get(name)[0].length,
        name === OURS ? "" : against(name, "cpu"),
      ]),
    });
    for (const [name, limit] of GOALS) {
      for (const kind of ["cpu", "wall"]) {
        goals.push({
          goal: `${title}, against ${name}, ${kind}`,
          limit,
          ratio: against(name, kind),
          quiet: quiet(pair(OURS, kind)) / quiet(pair(name, kind)),
        });
      }
    }
  }
  return { tables, goals };
}

/** Signs the sessions. The variant must give back what it was given, and refuse a text in which one character was changed. */
async function prove({ name, sign, verify }, sessions) {
  const texts = [];
  for (const session of sessions) texts.push(await sign(session));
  assert.deepEqual(await verify(texts[0]), sessions[0], `${name} does not round-trip`);
  for (const at of [texts[0].length >> 2, texts[0].length - 5]) {
    const tampered = texts[0].slice(0, at) + (texts[0][at] === "A" ? "B" : "A") + texts[0].slice(at + 1);
    assert.ok(await refuses(verify, tampered), `${name} accepts a tampered text`);
  }
  return texts;
}

/** Throws, answers nothing, or (iron-session) with an empty object. */
async function refuses(verify, text) {
  try {
    const answer = await verify(text);
    return answer === undefined || Object.keys(answer).length === 0;
  } catch {
    return true;
  }
}

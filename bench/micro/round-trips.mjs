import assert from "node:assert/strict";
import { plus, quiet, ratio, sideBySide, spread } from "../lib/ab.mjs";
import { sessionOf } from "../lib/samples.mjs";

const SIZES = [100, 1000, 4000];

/**
 * Compares ways to put a session into a text that nobody else can make, and to get it back.
 *
 * @param {object} comparison
 * @param {string} comparison.ours the name of our variant
 * @param {() => import("./sign-variants.mjs").SignVariant[]} comparison.variants
 * @param {[name: string, limit: number][]} comparison.goals what ours may cost at most, as a part of a variant
 * @param {[there: string, back: string]} comparison.verbs what is done, for the tables
 * @param {number[]} [comparison.sizes] bytes of JSON
 * @param {number[]} [comparison.goalsAt] the sizes at which the goals count. Default: all
 * @returns {import("../run.mjs").Suite}
 */
export function roundTrips({
  ours,
  variants: variantsOf,
  goals: limits,
  verbs: [there, back],
  sizes = SIZES,
  goalsAt = sizes,
}) {
  return async ({ quick, log }) => {
    const tables = [];
    const goals = [];
    for (const size of sizes) {
      // Different visitors, so that nobody gains by remembering the last one.
      const sessions = Array.from({ length: 32 }, (_, i) => ({ ...sessionOf(size), count: 10 + i }));
      const title = `${JSON.stringify(sessions[0]).length} B of JSON`;
      log(title);
      const variants = variantsOf();
      const texts = new Map();
      for (const variant of variants) texts.set(variant.name, await prove(variant, sessions));
      const tasks = variants.flatMap(({ name, async, sign, verify }) => [
        { name: `${name} ${there}`, async, run: sign, inputs: sessions },
        { name: `${name} ${back}`, async, run: verify, inputs: texts.get(name) },
      ]);
      const figures = await sideBySide(tasks, quick ? { rounds: 15, slice: 12 } : { rounds: 50, slice: 20 });

      const pair = (name, kind) =>
        plus(figures.get(`${name} ${there}`)[kind], figures.get(`${name} ${back}`)[kind]);
      const against = (name, kind) => ratio(pair(ours, kind), pair(name, kind));
      const micros = (task, kind) => spread(figures.get(task)[kind]).median / 1000;
      tables.push({
        title: `${capital(there)} and ${back} ${title} (microseconds per call)`,
        columns: [
          "variant",
          `${there} CPU`,
          `${back} CPU`,
          `${there} wall`,
          `${back} wall`,
          "bytes",
          `${ours} / this, CPU of both`,
        ],
        rows: variants.map(({ name }) => [
          name,
          micros(`${name} ${there}`, "cpu"),
          micros(`${name} ${back}`, "cpu"),
          micros(`${name} ${there}`, "wall"),
          micros(`${name} ${back}`, "wall"),
          texts.get(name)[0].length,
          name === ours ? "" : against(name, "cpu"),
        ]),
      });
      for (const [name, limit] of goalsAt.includes(size) ? limits : []) {
        for (const kind of ["cpu", "wall"]) {
          goals.push({
            goal: `${title}, against ${name}, ${kind}`,
            limit,
            ratio: against(name, kind),
            quiet: quiet(pair(ours, kind)) / quiet(pair(name, kind)),
          });
        }
      }
    }
    return { tables, goals };
  };
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
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

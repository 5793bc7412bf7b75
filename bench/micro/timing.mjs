/** Whether the time of a refusal tells where a forged cookie is wrong: the test of dudect (Reparaz, Balasch and Verbauwhede, 2017). */
import { EncryptedCookie, FlaskCookie } from "../../dist/codec/index.js";

export const about = "the time of refusing a forgery that is wrong at its beginning, and at its end";

const KEY = "nE5mK2rT8vY1xC4bQ7wZ0sD3fG6hJ9lP-aUoIeRtYk";
const JSON_TEXT = '{"count":41,"theme":"dark","user_id":"4711"}';
const NAME = "session";
/** The slowest share of the samples is the machine's doing. */
const KEPT = 0.9;

const CODECS = {
  "encrypted cookie, tag": [new EncryptedCookie([KEY]), 22],
  "signed cookie, signature": [new FlaskCookie([KEY]), 27],
};

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const samples = quick ? 100_000 : 1_000_000;
  const rows = Object.entries(CODECS).map(([what, [codec, length]]) => {
    log(what);
    return [what, samples, welch(...timesOf(codec, length, samples)).toFixed(1)];
  });
  return {
    tables: [
      {
        title: "Welch's t; beyond 4.5 either way, the times differ",
        columns: ["refusing", "samples", "t"],
        rows,
      },
    ],
    goals: [],
  };
}

/** The nanoseconds of refusing values whose last `length` characters are wrong at their first one, and at one near their end. */
function timesOf(codec, length, samples) {
  const value = codec.seal(JSON_TEXT, NAME);
  const forgeries = [value.length - length, value.length - 2].map((at) => changed(value, at));
  const times = [[], []];
  for (let i = 0; i < samples; i++) {
    const kind = Math.random() < 0.5 ? 0 : 1;
    // A text of its own each time, so that nothing is remembered of it.
    const text = Buffer.from(forgeries[kind]).toString("latin1");
    const start = process.hrtime.bigint();
    codec.open(text, undefined, NAME);
    times[kind].push(Number(process.hrtime.bigint() - start));
  }
  return times;
}

function changed(value, at) {
  return value.slice(0, at) + (value[at] === "A" ? "B" : "A") + value.slice(at + 1);
}

function welch(a, b) {
  const sorted = Float64Array.from([...a, ...b]).toSorted();
  const limit = sorted[Math.floor(sorted.length * KEPT)];
  const [one, two] = [a, b].map((times) => moments(times.filter((time) => time <= limit)));
  return (one.mean - two.mean) / Math.sqrt(one.variance / one.count + two.variance / two.count);
}

function moments(values) {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance };
}

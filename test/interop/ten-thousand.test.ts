import fc from "fast-check";
import { FlaskCookie, Markup, PyFloat } from "hipflask/codec";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/provisioned.ts";
import { type Desc, fromDesc } from "../support/python-values.ts";
import { FlaskProcess } from "./flask-process.ts";
import { normalized, sessionDescs } from "./session-descs.ts";

// The same sessions every time. INTEROP_SEED gives others, INTEROP_SESSIONS more of them.
const SEED = Number(process.env["INTEROP_SEED"] ?? 20);
const SESSIONS = Number(process.env["INTEROP_SESSIONS"] ?? 10_000);
const BATCH = 500;
const SECRET = "ten thousand sessions, and not one of them may differ";
const DAY = 24 * 60 * 60;

const batches = Array.from({ length: Math.ceil(SESSIONS / BATCH) }, (_, batch) => SEED * 1_000_003 + batch);

describeWith("flask", `${SESSIONS} random sessions (seed ${SEED})`, () => {
  const codec = new FlaskCookie([SECRET], { compressAbove: 0 });
  let flask: FlaskProcess;

  beforeAll(() => {
    flask = new FlaskProcess(SECRET);
  });
  afterAll(() => flask.stop());

  function open(cookie: string) {
    const opened = codec.open(cookie, DAY);
    if (opened.refused !== undefined)
      throw new Error(`TypeScript refused Flask's cookie as ${opened.refused}: ${cookie}`);
    return opened;
  }

  test("written by TypeScript are to Flask what they were meant to be, and come back unchanged", async () => {
    for (const seed of batches) {
      const descs = fc.sample(sessionDescs, { seed, numRuns: BATCH });
      const sessions = descs.map((desc) => fromDesc(desc) as Record<string, unknown>);
      const texts = sessions.map((session) => codec.stringify(session));
      const found = await flask.ask("read", { cookies: texts.map((text) => codec.seal(text)) });
      const meant = await flask.ask("write", { sessions: descs });
      descs.forEach((desc, i) => {
        const { json, cookie, desc: read } = found[i]!;
        expect(JSON.stringify(normalized(read))).toBe(JSON.stringify(normalized(desc)));
        expect(texts[i]).toBe(meant[i]!.json);
        expect(json).toBe(texts[i]);
        const back = open(cookie);
        expect(codec.stringify(back.data, back.numberTypes)).toBe(texts[i]);
        expect(visible(back.data, "kept")).toStrictEqual(visible(sessions[i], "numbers"));
      });
    }
  }, 120_000);

  test("made by Flask keep the Python type of every value when TypeScript changes one key", async () => {
    const added: [Desc, Desc] = [
      ["str", "a key of TypeScript's"],
      ["int", "1"],
    ];
    for (const seed of batches) {
      const cookies = await flask.ask("make", { seed, count: BATCH });
      const made = await flask.ask("read", { cookies });
      const changed = cookies.map((cookie, i) => {
        const { data, numberTypes, json } = open(cookie);
        expect(json).toBe(made[i]!.json);
        expect(codec.stringify(data, numberTypes)).toBe(made[i]!.json);
        data["a key of TypeScript's"] = 1;
        return codec.seal(codec.stringify(data, numberTypes));
      });
      const found = await flask.ask("read", { cookies: changed });
      found.forEach(({ desc }, i) => {
        const expected: Desc = ["dict", [...made[i]!.desc[1], added]];
        expect(JSON.stringify(normalized(desc))).toBe(JSON.stringify(normalized(expected)));
      });
    }
  }, 120_000);
});

/**
 * A session in which equality sees everything: no private field, no name that an object treats specially. What was written
 * as a PyFloat is read as a number.
 */
function visible(value: unknown, floats: "kept" | "numbers"): unknown {
  if (value instanceof PyFloat && floats === "numbers") return value.value;
  if (value instanceof Markup) return { markup: String(value) };
  if (Array.isArray(value))
    return { [value.constructor.name]: Array.from(value, (item) => visible(item, floats)) };
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return new Map(Object.entries(value).map(([key, item]) => [key, visible(item, floats)]));
}

import { MalformedError } from "../errors.ts";
import { MAX_DEPTH } from "./data-path.ts";
import { setOwn } from "./plain.ts";
import { type PyFloat, pyFloat } from "./py-float.ts";
import { MAX_INT_DIGITS } from "./python-json.ts";

// What JSON.parse would read otherwise than Python, or not at all: an integral float, an integer beyond 2^53, "-0" (an
// int in Python), NaN and Infinity. A match inside of a string only sends the text the slower way.
const PYTHON_ONLY = /[:[,][ \t\n\r]*(?:-?(?:\d+(?:\.0+(?!\d)|\.\d+[eE]|[eE])|\d{16}|I)|-0|N)/;

/**
 * Reads JSON as Python's `json.loads` does. Integers beyond 2^53 become bigint.
 *
 * With `floats: "keep"` an integral float (`1.0`) becomes a {@link PyFloat}, so that the caller can tell it from an int;
 * by default every float is a number. `__proto__` is a key like any other.
 *
 * @throws MalformedError, also for nesting deeper than 256 levels
 */
export function parsePythonJson(text: string, floats: "keep" | "plain" = "plain"): unknown {
  const first = text.charCodeAt(0);
  if ((first === 0x7b || first === 0x5b) && !PYTHON_ONLY.test(text)) {
    try {
      const value: unknown = JSON.parse(text);
      if (mayBeTooDeep(text)) checkDepth(value, 1);
      return value;
    } catch (error) {
      if (error instanceof MalformedError) throw error;
      throw new MalformedError("The text is not JSON.");
    }
  }
  return new Parser(text, floats === "keep").run();
}

/** Whether a text has more brackets than may stand in each other. */
function mayBeTooDeep(text: string): boolean {
  if (text.length <= 2 * MAX_DEPTH) return false;
  let brackets = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++brackets > MAX_DEPTH) return true;
    }
  }
  return false;
}

function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > MAX_DEPTH) tooDeep();
  for (const item of Object.values(value)) checkDepth(item, depth + 1);
}

function tooDeep(): never {
  throw new MalformedError(`The JSON is nested deeper than ${MAX_DEPTH} levels.`);
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;

class Parser {
  readonly #text: string;
  readonly #keepFloats: boolean;
  #at = 0;

  constructor(text: string, keepFloats: boolean) {
    this.#text = text;
    this.#keepFloats = keepFloats;
  }

  run(): unknown {
    this.#space();
    const value = this.#value(1);
    this.#space();
    if (this.#at !== this.#text.length) this.#fail();
    return value;
  }

  #value(depth: number): unknown {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#dict(depth);
      case "[":
        return this.#list(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      case "N":
        return this.#word("NaN", Number.NaN);
      case "I":
        return this.#word("Infinity", Number.POSITIVE_INFINITY);
      default:
        return this.#number();
    }
  }

  #dict(depth: number): Record<string, unknown> {
    if (depth > MAX_DEPTH) tooDeep();
    const dict: Record<string, unknown> = {};
    this.#at++;
    this.#space();
    if (this.#take("}")) return dict;
    do {
      this.#space();
      const key = this.#string();
      this.#space();
      if (!this.#take(":")) this.#fail();
      this.#space();
      const value = this.#value(depth + 1);
      setOwn(dict, key, value);
      this.#space();
    } while (this.#take(","));
    if (!this.#take("}")) this.#fail();
    return dict;
  }

  #list(depth: number): unknown[] {
    if (depth > MAX_DEPTH) tooDeep();
    const list: unknown[] = [];
    this.#at++;
    this.#space();
    if (this.#take("]")) return list;
    do {
      this.#space();
      list.push(this.#value(depth + 1));
      this.#space();
    } while (this.#take(","));
    if (!this.#take("]")) this.#fail();
    return list;
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') this.#fail();
    let end = this.#text.indexOf('"', this.#at + 1);
    while (end !== -1 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end === -1) this.#fail();
    try {
      const string = JSON.parse(this.#text.slice(this.#at, end + 1)) as string;
      this.#at = end + 1;
      return string;
    } catch {
      return this.#fail();
    }
  }

  #isEscaped(quote: number): boolean {
    let backslashes = 0;
    while (this.#text[quote - 1 - backslashes] === "\\") backslashes++;
    return backslashes % 2 === 1;
  }

  #number(): number | bigint | PyFloat {
    if (this.#text.startsWith("-Infinity", this.#at))
      return this.#word("-Infinity", Number.NEGATIVE_INFINITY);
    const [text, fraction, exponent] = this.#match(NUMBER);
    if (fraction !== undefined || exponent !== undefined) {
      const value = Number(text);
      return this.#keepFloats ? pyFloat(value) : value;
    }
    if (text.length > MAX_INT_DIGITS + (text[0] === "-" ? 1 : 0)) this.#fail();
    const value = Number(text);
    return Number.isSafeInteger(value) ? value + 0 : BigInt(text);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail();
    this.#at += word.length;
    return value;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    this.#match(SPACE);
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) this.#fail();
    this.#at = pattern.lastIndex;
    return match;
  }

  #fail(): never {
    throw new MalformedError(`The text is not JSON: it goes wrong at character ${this.#at}.`);
  }
}

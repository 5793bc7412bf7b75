/** The small pieces of Python's JSON text: quoted strings and the order of keys. */

// Python's ESCAPE_ASCII and ESCAPE (json/encoder.py); PLAIN needs neither.
const PLAIN = /^[ !#-[\]-~]*$/;
const NOT_ASCII = /["\\]|[^ -~]/g;
const NOT_UNICODE = /["\\\u0000-\u001f]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

function escape(char: string): string {
  return SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** `text` in quotes, everything outside printable ASCII escaped per UTF-16 unit (`ensure_ascii=True`). */
export function quoteAscii(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : `"${text.replace(NOT_ASCII, escape)}"`;
}

/** Quoted keys, because an application's sessions have the same ones again and again. */
const quotedKeys = new Map<string, string>();
const MAX_KEYS = 1000;

/** As {@link quoteAscii}, for the keys of dicts. */
export function quoteKeyAscii(key: string): string {
  let quoted = quotedKeys.get(key);
  if (quoted === undefined) {
    quoted = quoteAscii(key);
    // Visitors may choose keys; theirs are not kept once there are many.
    if (quotedKeys.size < MAX_KEYS && key.length <= 64) quotedKeys.set(key, quoted);
  }
  return quoted;
}

/** `text` in quotes, only control characters escaped (`ensure_ascii=False`). */
export function quoteUnicode(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : `"${text.replace(NOT_UNICODE, escape)}"`;
}

/** Compares by code point, as Python does; JavaScript's own order is by UTF-16 unit. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // A low surrogate belongs to the code point that began one unit earlier.
    const start = i > 0 && (isLow(x) || isLow(y)) && isHigh(a.charCodeAt(i - 1)) ? i - 1 : i;
    return a.codePointAt(start)! - b.codePointAt(start)!;
  }
  return a.length - b.length;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Puts keys into code-point order, in place. Keys that came from such text are in order already, and that costs least. */
export function sortCodePoints(keys: string[]): void {
  for (let i = 1; i < keys.length; i++) {
    if (compareCodePoints(keys[i - 1]!, keys[i]!) > 0) {
      keys.sort(compareCodePoints);
      return;
    }
  }
}

import { MAX_COOKIE_BYTES } from "./attributes.ts";

/** The most cookies that one value is spread over: full ones are as much as Node lets the whole head of a request be. */
export const MAX_CHUNKS = 4;

/** Every chunk names the end of the whole value, by which chunks of two values are told apart. */
const MARK = 8;
/** What a chunk begins with: which one of how many it is, and the mark. */
const LABEL = /^([1-4])-([2-4])\.[\w-]{8}\./;
const LABEL_LENGTH = "1-2..".length + MARK;

/** Why the cookies of a request are no whole value. */
export type ChunkFault = "missing" | "surplus" | "mixed";

/** What the first of several cookies belongs to. */
export type JoinedChunks =
  | { readonly value: string; readonly fault?: undefined }
  | { readonly fault: ChunkFault };

/** What is put behind the cookie's name for one of the chunks, which are counted from 1. The first one has the cookie's own name. */
export function chunkSuffix(number: number): string {
  return number === 1 ? "" : `.${number}`;
}

/** How many characters of a value each of its chunks has, but for the last one. */
export function chunkLength(name: string): number {
  return MAX_COOKIE_BYTES - name.length - chunkSuffix(MAX_CHUNKS).length - LABEL_LENGTH;
}

/**
 * The values of the cookies that hold a value: the value itself where one cookie has room for it. There is only one way to split it.
 *
 * @param value base64url, of which no two end alike
 */
export function splitIntoChunks(name: string, value: string): string[] {
  if (name.length + value.length <= MAX_COOKIE_BYTES) return [value];
  const length = chunkLength(name);
  const count = Math.ceil(value.length / length);
  const mark = value.slice(-MARK);
  return Array.from({ length: count }, (_, i) => {
    const part = value.slice(i * length, (i + 1) * length);
    return `${i + 1}-${count}.${mark}.${part}`;
  });
}

/**
 * The value that {@link splitIntoChunks} was given; complete or nothing.
 *
 * @param first the first cookie's value, which says how many there are
 * @param others the values that came as the second, third and fourth cookie: each may have come more than once
 */
export function joinChunks(
  name: string,
  first: string,
  others: readonly (readonly string[])[],
): JoinedChunks {
  const [label, number, digit] = LABEL.exec(first) ?? ["", "1", "1"];
  const count = Number(digit);
  if (others.slice(count - 1).some((values) => values.length > 0)) return { fault: "surplus" };
  if (count === 1) return { value: first };
  if (number !== "1") return { fault: "mixed" };
  const chunks = [first];
  for (const values of others.slice(0, count - 1)) {
    if (values.length === 0) return { fault: "missing" };
    const own = `${chunks.length + 1}${label.slice(1)}`;
    const chunk = values.find((value) => value.startsWith(own));
    if (chunk === undefined) return { fault: "mixed" };
    chunks.push(chunk);
  }
  const value = chunks.map(withoutLabel).join("");
  // Whatever was split in another way was not split here.
  const isOurs = splitIntoChunks(name, value).every((chunk, i) => chunk === chunks[i]);
  return isOurs ? { value } : { fault: "mixed" };
}

/** A chunk's part of the value; any other text as it is. */
export function withoutLabel(chunk: string): string {
  return LABEL.test(chunk) ? chunk.slice(LABEL_LENGTH) : chunk;
}

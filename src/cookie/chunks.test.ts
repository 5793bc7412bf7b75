import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinChunks, MAX_CHUNKS, splitIntoChunks, withoutLabel } from "./chunks.ts";

const NAME = "__Host-session";

function valueOf(length: number): string {
  return randomBytes(length).toString("base64url").slice(0, length);
}

/** As `joinChunks` is told of a request: the first cookie, and the values of each further one. */
function join(chunks: readonly string[], name = NAME) {
  const [first, ...others] = chunks;
  return joinChunks(
    name,
    first!,
    Array.from({ length: MAX_CHUNKS - 1 }, (_, i) => (others[i] === undefined ? [] : [others[i]])),
  );
}

describe("splitIntoChunks", () => {
  test("leaves a value alone that one cookie holds, to the last byte", () => {
    const value = valueOf(4096 - NAME.length);
    expect(splitIntoChunks(NAME, value)).toEqual([value]);
    expect(splitIntoChunks(NAME, `${value}x`)).toHaveLength(2);
  });

  test("says on each chunk which one of how many it is, and how the whole one ends", () => {
    const value = `${"A".repeat(9000)}theMark8`;
    const chunks = splitIntoChunks(NAME, value);
    expect(chunks.map((chunk) => chunk.slice(0, 14))).toEqual([
      "1-3.theMark8.A",
      "2-3.theMark8.A",
      "3-3.theMark8.A",
    ]);
  });

  test("fills all cookies but the last one with what browsers keep, less the room for the longest name", () => {
    const chunks = splitIntoChunks(NAME, valueOf(16_000));
    const sizes = chunks.map((chunk, i) => NAME.length + (i === 0 ? 0 : 2) + chunk.length);
    expect(sizes).toEqual([4094, 4096, 4096, expect.any(Number)]);
    expect(sizes[3]).toBeLessThan(4096);
  });

  test("is undone by joinChunks, whatever the length", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16_200 }),
        fc.constantFrom("s", "session", NAME),
        (length, name) => {
          const value = valueOf(length);
          expect(join(splitIntoChunks(name, value), name)).toEqual({ value });
        },
      ),
    );
  });
});

describe("joinChunks", () => {
  const value = valueOf(11_000);
  const [one, two, three] = splitIntoChunks(NAME, value) as [string, string, string];
  const [, otherTwo] = splitIntoChunks(NAME, valueOf(11_000)) as [string, string];

  test.each([
    ["the second one is not there", "missing", [one]],
    ["the last one is not there", "missing", [one, two]],
    ["there is one too many", "surplus", [one, two, three, three]],
    ["one came with a value that is whole", "surplus", [valueOf(200), two]],
    ["two have changed places", "mixed", [one, three, two]],
    ["the first one is a later one", "mixed", [two, two, three]],
    ["one is of another value", "mixed", [one, otherTwo, three]],
    ["one has another label", "mixed", [one, two.replace("2-3", "2-4"), three]],
    ["one has no label", "mixed", [one, withoutLabel(two), three]],
    ["one is cut", "mixed", [one, two.slice(0, -1), three]],
    ["one is longer", "mixed", [one, `${two}A`, three]],
    ["the last one is cut", "mixed", [one, two, three.slice(0, -1)]],
  ])("takes nothing where %s", (_, fault, chunks) => {
    expect(join(chunks)).toEqual({ fault });
  });

  test("takes only what was split as it splits", () => {
    const mark = value.slice(-8);
    const parts = [value.slice(0, 100), value.slice(100, 4000), value.slice(4000)];
    expect(join(parts.map((part, i) => `${i + 1}-3.${mark}.${part}`))).toEqual({ fault: "mixed" });
    const short = valueOf(200);
    const halves = [short.slice(0, 100), short.slice(100)];
    expect(join(halves.map((part, i) => `${i + 1}-2.${short.slice(-8)}.${part}`))).toEqual({
      fault: "mixed",
    });
  });

  test.each(["1-5.", "1-1.", "0-2.", "1-999999.", "1-02.", "1-2", "999999."])(
    "takes a value that begins with %s for one that is whole",
    (start) => {
      const text = `${start}${one.slice(4)}`;
      expect(join([text])).toEqual({ value: text });
    },
  );

  test("finds its own among several of a name", () => {
    const stranger = splitIntoChunks(NAME, valueOf(11_000))[1]!;
    expect(joinChunks(NAME, one, [[stranger, "x", two], [three], []])).toEqual({ value });
  });
});

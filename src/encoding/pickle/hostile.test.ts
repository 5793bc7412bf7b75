import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vectors } from "../../../test/support/vectors.ts";
import { MalformedError } from "../../errors.ts";
import { MAX_SIZE } from "./limits.ts";
import { OP } from "./opcodes.ts";
import { readPickle } from "./read.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("pickles that run a program in Python", () => {
  const call = "(S'touch /tmp/owned'\ntR.";

  test.each([
    ["a function of os", `cos\nsystem\n${call}`],
    ["its other name", `cposix\nsystem\n${call}`],
    ["named on the stack", "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x11touch /tmp/owned\x85R."],
    ["INST", "(S'touch /tmp/owned'\nios\nsystem\n."],
    ["OBJ", "(cos\nsystem\nS'touch /tmp/owned'\no."],
    ["NEWOBJ", "csubprocess\nPopen\nS'touch /tmp/owned'\n\x85\x81."],
    ["NEWOBJ_EX", "\x80\x04csubprocess\nPopen\n)}S'args'\nS'touch /tmp/owned'\ns\x92."],
    ["NEWOBJ_EX of a known class", "\x80\x04cuuid\nUUID\n)}\x92."],
    ["eval", "cbuiltins\neval\n(S'touch /tmp/owned'\ntR."],
    ["exec of Python 2", `c__builtin__\nexecfile\n${call}`],
    ["a lookup", "cbuiltins\ngetattr\n(cos\nS'system'\ntR."],
    ["the attribute of a known class", `cdatetime\ndatetime.fromtimestamp\n${call}`],
    ["the attribute of a known class, on the stack", "\x8c\x08datetime\x8c\x11datetime.__class__\x93)R."],
    ["the module of a known class", "cdatetime\nsys\n."],
    ["a module that begins as a known one", `cdatetime.datetime\n__init__\n${call}`],
    ["a known class with a space in its name", "cdatetime datetime\n\n)R."],
    ["a known class without a module", "c\ndatetime datetime\n)R."],
    ["a name that every object has", `c__proto__\nconstructor\n${call}`],
    ["the registry of constructors", `ccopy_reg\n__newobj__\n${call}`],
    [
      "another class by a known function",
      "ccopy_reg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nNtR.",
    ],
    ["a state that Python would set", "cmarkupsafe\nMarkup\nU\x01a\x85\x81}U\x12touch /tmp/owned0Nb."],
    ["a persistent ID", "Ptouch /tmp/owned\n."],
    ["a persistent ID on the stack", "S'touch /tmp/owned'\nQ."],
    ["an extension code", "\x82\x01."],
    ["an extension code of two bytes", "\x83\x01\x00."],
    ["an extension code of four bytes", "\x84\x01\x00\x00\x00."],
    ["a buffer outside", "\x80\x05\x97."],
    ["a buffer made read-only", "\x80\x05C\x01a\x98."],
  ])("are refused without a word of theirs: %s", (_, pickle) => {
    expect(() => readPickle(latin1(pickle))).toThrow(MalformedError);
    expect(() => readPickle(latin1(pickle))).not.toThrow(/touch|owned|system|os\b|Popen|eval|datetime|UUID/);
  });
});

/** The reader in a thread that may not take more memory than this. */
class BoundedReader {
  static readonly #MEGABYTES = 160;
  readonly #worker: Worker;
  #ended = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.once("exit", () => (this.#ended = true));
  }

  static async start(): Promise<BoundedReader> {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL("read.ts", import.meta.url))],
      bundle: true,
      format: "cjs",
      platform: "node",
      write: false,
    });
    const answering = `
      const { parentPort } = require("node:worker_threads");
      parentPort.on("message", (bytes) => {
        const start = performance.now();
        let refused;
        try { module.exports.readPickle(bytes); } catch (error) { refused = error.constructor.name; }
        parentPort.postMessage({ refused, milliseconds: performance.now() - start });
      });`;
    const worker = new Worker(outputFiles[0]!.text + answering, {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: BoundedReader.#MEGABYTES },
    });
    return new BoundedReader(worker);
  }

  /** @throws when the thread runs out of memory */
  async read(bytes: Uint8Array): Promise<{ refused: string | undefined; milliseconds: number }> {
    if (this.#ended) throw new Error("The reader has run out of memory before.");
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- It is a thread, not a window.
    this.#worker.postMessage(bytes);
    const [answer] = await once(this.#worker, "message");
    return answer;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

describe("bombs", () => {
  let reader: BoundedReader;

  beforeAll(async () => {
    reader = await BoundedReader.start();
  });
  afterAll(() => reader.stop());

  /** Each value holds the one before it twice. */
  function doubled(first: string, twice: (get: string) => string, times: number): string {
    let pickle = `${first}q\x00`;
    for (let i = 1; i <= times; i++) {
      const [get, put] = [`h${String.fromCharCode(i - 1)}`, `q${String.fromCharCode(i)}`];
      pickle += `0${twice(get)}${put}`;
    }
    return `${pickle}.`;
  }

  const text = (length: number) => `X\x00\x00${String.fromCharCode(length >> 16)}\x00${"x".repeat(length)}`;
  const deep = 100_000;

  test.each([
    ["lists that double", doubled("]", (get) => `](${get}${get}e`, 200)],
    ["tuples that double", doubled(")", (get) => `${get}${get}\x86`, 200)],
    ["dicts that double", doubled("}", (get) => `}(K\x01${get}K\x02${get}u`, 200)],
    ["keys that double", doubled(")", (get) => `}${get}${get}\x86Ns0${get}${get}\x86`, 200)],
    ["DUP that doubles", `]${"2\x86".repeat(200)}.`],
    ["a text that is repeated", `${text(2 ** 16)}q\x00(${"h\x00".repeat(50_000)}t.`],
    ["a text that is repeated by DUP", `(${text(2 ** 16)}${"2".repeat(50_000)}t.`],
    ["bytes that are repeated", `(B\x00\x00\x01\x00${"x".repeat(2 ** 16)}${"2".repeat(50_000)}t.`],
    ["an int that is repeated", `(L${"9".repeat(4300)}L\n${"2".repeat(50_000)}t.`],
    ["markup that is repeated", `(cmarkupsafe\nMarkup\n${text(2 ** 16)}\x85\x81${"2".repeat(50_000)}t.`],
    ["lists in one another", `${"]".repeat(deep)}${"a".repeat(deep - 1)}.`],
    ["tuples in one another", `)${"\x85".repeat(deep)}.`],
    ["dicts in one another", `${"}N".repeat(deep)}N${"s".repeat(deep)}.`],
    ["frozensets in one another", `${"(".repeat(deep)}${"\x91".repeat(deep)}.`],
    [
      "lists in one another in two pieces",
      `${"]".repeat(200)}${"a".repeat(199)}q\x00](${"]".repeat(100)}h\x00${"a".repeat(100)}e\x86.`,
    ],
    ["a list in itself", "]q\x00h\x00a."],
    ["a list in itself by DUP", "]2a."],
    ["a dict in itself", "}q\x00K\x01h\x00s."],
    ["a list in its own tuple", "]q\x00h\x00\x85a."],
    ["a tuple that Python writes for one in itself", "]q\x00h\x00\x85q\x01a0h\x01."],
    ["a set that claims to be in itself", "\x8fq\x00(h\x00\x90."],
    ["text that claims 2^63 bytes", "\x8d\x00\x00\x00\x00\x00\x00\x00\x80a."],
    ["text that claims 2^32 bytes", "X\xff\xff\xff\xffa."],
    ["bytes that claim 2^63 bytes", "\x8e\x00\x00\x00\x00\x00\x00\x00\x80a."],
    ["bytes that claim 2^32 bytes", "B\xff\xff\xff\xffa."],
    ["a bytearray that claims 2^63 bytes", "\x96\xff\xff\xff\xff\xff\xff\xff\x7fa."],
    ["a string of Python 2 that claims 2^32 bytes", "T\xff\xff\xff\xffa."],
    ["a frame that claims 2^63 bytes", "\x95\x00\x00\x00\x00\x00\x00\x00\x80N."],
    ["an int that claims 2^31 bytes", "\x8b\xff\xff\xff\x7f\x01."],
    ["an int that claims a negative length", "\x8b\xff\xff\xff\xff\x01."],
    ["a memo of 2^32 places", "Nr\xff\xff\xff\xff."],
    ["a memo of 2^32 places, in digits", "Np4294967295\n."],
  ])("are refused at once: %s", async (_, pickle) => {
    const { refused, milliseconds } = await reader.read(latin1(pickle));
    expect(refused).toBe("MalformedError");
    expect(milliseconds).toBeLessThan(3000);
  });

  /** A pickle as long as may be, most of it of one part. */
  function long(before: string, part: string, after = ""): Uint8Array {
    const times = Math.floor((MAX_SIZE - before.length - after.length) / part.length);
    return latin1(before + part.repeat(times) + after);
  }

  // Whatever is not linear takes hours here.
  test.each([
    ["empty lists", long("", "]")],
    ["empty lists that are dropped", long("", "]0")],
    ["lists in a list", long("](", "]", "e.")],
    ["dicts in a list", long("](", "}K\x01Ns", "e.")],
    ["lists of lists of one another", long("]", "](]]e0")],
    ["marks", long("", "(")],
    ["marks that are dropped", long("", "(1")],
    ["duplicates", long("N", "2")],
    ["things to remember", long("N", "\x94")],
    ["things to remember in one place", long("N", "q\x00")],
    ["things to recall", long("Nq\x00", "h\x000")],
    ["short ints", long("", "I1\n")],
    ["long ints", long("", `L${"9".repeat(4300)}L\n0`)],
    ["long binary ints", long("", `\x8b\xf9\x06\x00\x00${"\x7f".repeat(0x6f9)}0`)],
    ["one endless int", long("I", "9", "\n.")],
    ["one endless float", long("F1.", "9", "\n.")],
    ["short texts", long("", "\x8c\x01a0")],
    ["texts that are surrogates", long("", "\x8c\x03\xed\xa0\x800")],
    ["one text of surrogates", long("X\x00\x00\x70\x00", "\xed\xa0\x80a")],
    ["one text that seems to have surrogates", long("X\x00\x00\x70\x00", "\xed\x95\x9c")],
    ["one text of escapes", long("V", "\\u0041", "\n.")],
    ["one text of backslashes", long("V", "\\", "\n.")],
    ["one string of escapes", long("S'", "\\x41", "'\n.")],
    ["frames", long("", "\x95\x00\x00\x00\x00\x00\x00\x00\x00")],
    ["protocols", long("", "\x80\x04")],
    ["lines without an end", long("", "S'a'\n0V")],
    [
      "sets of one list",
      long(`cbuiltins\nset\nq\x00](${"N".repeat(100_000)}e\x85q\x01(`, "h\x00h\x01R", "t."),
    ],
    [
      "sets of one tuple of arguments",
      long(`cbuiltins\nset\nq\x00(${"N".repeat(100_000)}tq\x01(`, "h\x00h\x01R", "t."),
    ],
    [
      "one text encoded again and again",
      long(`c_codecs\nencode\nq\x00${text(2 ** 16)}U\x06latin1\x86q\x01(`, "h\x00h\x01R", "t."),
    ],
    [
      "one decimal again and again",
      long(`cdecimal\nDecimal\nq\x00${text(2 ** 16).replaceAll("x", "1")}\x85q\x01(`, "h\x00h\x01R", "t."),
    ],
    [
      "one bytearray again and again",
      long(
        `cbuiltins\nbytearray\nq\x00B\x00\x00\x01\x00${"x".repeat(2 ** 16)}\x85q\x01(`,
        "h\x00h\x01R",
        "t.",
      ),
    ],
    ["a dict with its one odd key at the end, again and again", long("", "}NN", `${"s".repeat(255)}.`)],
    ["a key 250 tuples deep", latin1(`}X\x00\x00\x70\x00${"x".repeat(0x700000)}${"\x85".repeat(250)}Ns.`)],
    [
      "a key 250 pairs deep that is as large as may be",
      latin1(`}X\x00\x78\x00\x00${"x".repeat(0x7800)}${"K\x01\x86".repeat(250)}Ns.`),
    ],
    [
      "many keys 50 levels deep",
      latin1(`}${`(K\x01X\x00\x10\x00\x00${"x".repeat(0x1000)}\x91${"\x85".repeat(50)}Ns`.repeat(1500)}.`),
    ],
    [
      "a key 250 pairs deep",
      latin1(`}X\x00\x00\x70\x00${"x".repeat(0x700000)}${"K\x01\x86".repeat(250)}Ns.`),
    ],
    [
      "dicts that end with a key that is no text, 250 levels deep",
      latin1(`${"}(U\x01a".repeat(250)}N${"K\x01Nu".repeat(250)}.`),
    ],
  ])("take no more than their length: %s", async (_, pickle) => {
    const { refused, milliseconds } = await reader.read(pickle);
    expect([undefined, "MalformedError"]).toContain(refused);
    expect(milliseconds).toBeLessThan(10_000);
  });

  test("longer pickles than the limit are not looked at", async () => {
    const { refused, milliseconds } = await reader.read(Buffer.alloc(MAX_SIZE + 1, "N"));
    expect(refused).toBe("MalformedError");
    expect(milliseconds).toBeLessThan(3000);
  });
});

describe("any bytes", () => {
  const pickles = vectors<{ id: string; pickle: string | null }>("pickle_reader").map(({ pickle }) =>
    Buffer.from(pickle ?? "", "hex"),
  );

  /** What the reader does to bytes that may be anything: at worst it refuses them. */
  function read(bytes: Uint8Array): void {
    try {
      readPickle(bytes);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
    }
  }

  test("are read or refused", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), read), { numRuns: 5000 });
  });

  test("are read or refused when they are opcodes with random arguments", () => {
    const op = fc.tuple(fc.constantFrom(...Object.values(OP)), fc.uint8Array({ maxLength: 3 }));
    const arguments_ = fc.constantFrom(
      "\x00",
      "\x01",
      "1\n",
      "a\n",
      "uuid\nUUID\n",
      "datetime\ntimedelta\n",
      "",
    );
    const program = fc.array(
      fc.oneof(
        op.map(([code, bytes]) => Buffer.of(code, ...bytes)),
        fc
          .tuple(fc.constantFrom(...Object.values(OP)), arguments_)
          .map(([code, bytes]) => Buffer.concat([Buffer.of(code), latin1(bytes)])),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(program, (parts) => read(Buffer.concat([...parts, latin1(".")]))),
      { numRuns: 5000 },
    );
  });

  test("are read or refused when they are pickles that were cut, joined and changed", () => {
    const edit = fc.record({ at: fc.nat(2000), cut: fc.nat(4), put: fc.uint8Array({ maxLength: 3 }) });
    const changed = fc
      .tuple(
        fc.constantFrom(...pickles),
        fc.constantFrom(...pickles),
        fc.nat(2000),
        fc.array(edit, { maxLength: 4 }),
      )
      .map(([first, second, at, edits]) =>
        edits.reduce(
          (bytes, { at: place, cut, put }) => {
            const start = place % (bytes.length + 1);
            return Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + cut)]);
          },
          at % 3 === 0 ? Buffer.concat([first.subarray(0, at), second]) : first,
        ),
      );
    fc.assert(fc.property(changed, read), { numRuns: 10_000 });
  });
});

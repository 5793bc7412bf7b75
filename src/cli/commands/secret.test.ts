import { createHash } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cli } from "../../../test/support/cli.ts";

const KEY = /^sk1_[\w-]{43}$/;
/** In Flask-Unsign's list. */
const KNOWN = "g8jd843AD358ENdke942jzkaqkdj9gnykj3jc8Eddj3@djfndf*dkdkaDJTNx943";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "hipflask-cli-"));
});
afterEach(() => rm(cwd, { recursive: true }));

describe("secret make", () => {
  test("prints a new key each time, which check finds good", async () => {
    const [one, other] = await Promise.all([cli(["secret", "make"]), cli(["secret", "make"])]);
    expect(one.out.trimEnd()).toMatch(KEY);
    expect(one.out).not.toBe(other.out);
    const { code, out } = await cli(["secret", "check", "-"], { stdin: one.out + other.out });
    expect({ code, out }).toEqual({ code: 0, out: "line 1: good  47 bytes\nline 2: good  47 bytes\n" });
  });
});

describe("secret check", () => {
  test.each([
    ["keyboard cat", "everybody knows"],
    ["brief", "shorter than 16 bytes"],
    ["aaaaaaaaaaaaaaaaaaaaaaaa", "a few characters"],
    ["correct horse battery staple", "words"],
    [KNOWN, "a list of secrets"],
    ["s3cr3t-k3y-f0r-fl4sk", "a word that everybody tries"],
    ["ThisIsASecretKey!!", "a word that everybody tries"],
    ["!QAZ2wsx#EDC4rfv", "follows the keyboard"],
    ["zxcvbnm,./asdfghjkl", "follows the keyboard"],
    ["abcabcabcabcabcabcabc", "a few characters"],
    ["P@ssw0rdP@ssw0rd", "a pattern"],
    ["0b9d6f9e5c1c4d7e9a515d3a4a9f2b11", undefined],
    ["token-Vq7Zp2xK9mL4wR8s", undefined],
    ["django-insecure-0f+*^z!_$l2p9", undefined],
  ])("tells what it thinks of %j", async (key, problem) => {
    const { code, out, err } = await cli(["secret", "check", key]);
    expect(code).toBe(problem === undefined ? 0 : 1);
    expect(out).toContain(problem ?? "good");
    expect(out + err).not.toContain(key);
  });

  test("finds no fault with keys that are random, of few characters too", async () => {
    const digests = Array.from({ length: 300 }, (_, i) => createHash("md5").update(`key ${i}`).digest("hex"));
    const keys = [...digests, ...digests.map((digest) => BigInt(`0x${digest}`).toString(36))];
    const { out } = await cli(["secret", "check", "-"], { stdin: keys.join("\n") });
    expect(out.split("\n").filter((line) => line.includes("weak"))).toEqual([]);
  });

  test("looks at the environment, at its fallbacks one by one, and at variables of other names", async () => {
    const env = { SECRET_KEY: KNOWN, SECRET_KEY_FALLBACKS: `short,${"x1Y2-".repeat(3)}pq9,`, JWT: "secret" };
    const { code, out } = await cli(["secret", "check", "--json"], { env });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual([
      { where: "SECRET_KEY", bytes: 64, problem: expect.stringContaining("list") },
      { where: "SECRET_KEY_FALLBACKS, key 1", bytes: 5, problem: expect.stringContaining("shorter") },
      { where: "SECRET_KEY_FALLBACKS, key 2", bytes: 18, problem: null },
    ]);
    expect((await cli(["secret", "check", "-n", "JWT", "-n", "NOWHERE"], { env })).out).toMatch(/^JWT: weak/);
    for (const name of ["toString", "__proto__"])
      expect(await cli(["secret", "check", "-n", name], { env })).toMatchObject({
        code: 2,
        err: expect.stringContaining("no key to check"),
      });
  });

  test("reads an env file, and neither the environment nor a file that is missing", async () => {
    await writeFile(join(cwd, ".env"), "export SECRET_KEY='short' # mine\n");
    expect((await cli(["secret", "check", "--file", ".env"], { cwd })).out).toMatch(/^SECRET_KEY: weak/);
    await expect(
      cli(["secret", "check", "--file", "no.env"], { cwd, env: { SECRET_KEY: KNOWN } }),
    ).resolves.toMatchObject({
      code: 2,
    });
  });

  test("takes no byte order mark of the standard input for a part of a key", async () => {
    const { out } = await cli(["secret", "check", "-"], { stdin: `\ufeff${"x1Y2-".repeat(3)}pq9\r\n` });
    expect(out).toBe("line 1: good  18 bytes\n");
  });

  test("says with 2 that there is nothing to check", async () => {
    expect(await cli(["secret", "check"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("secret make"),
    });
    expect(await cli(["secret", "check", "-"])).toMatchObject({ code: 2 });
    expect(await cli(["secret", "check", "-"], { stdin: "\n" })).toMatchObject({ code: 2 });
  });
});

describe("secret rotate", () => {
  const old = "old_key-0123456789abcdef";
  const file = (): string => join(cwd, ".env");
  const rotate = async (text: string | Buffer, ...args: string[]) => {
    await writeFile(file(), text);
    const result = await cli(["secret", "rotate", ...args], { cwd });
    const after = await readFile(file(), "utf8");
    return { ...result, after, env: parseEnv(after) as Record<string, string> };
  };

  test.each([
    ["as it is most often", `SECRET_KEY=${old}\n`],
    [
      "among others, with comments",
      `# keys\nA=1\n  export SECRET_KEY = ${old}  # the key\nSECRET_KEY_ID=7\n\nB="x\ny"\n`,
    ],
    ["in quotes, with the line ends of Windows", `SECRET_KEY="${old}" # SECRET_KEY=no\r\nB=2\r\n`],
    ["in the last line, which has no end", `B=\`2\`\nSECRET_KEY='${old}'`],
    ["with fallbacks", `SECRET_KEY_FALLBACKS="a-first,and-second"\nSECRET_KEY=${old}\nC=3`],
    ["with fallbacks that are empty", `SECRET_KEY_FALLBACKS=\nSECRET_KEY=${old}\n`],
  ])("a key %s: the old one becomes the first fallback, and nothing else changes", async (_, text) => {
    const before = parseEnv(text) as Record<string, string>;
    const { code, out, err, after, env } = await rotate(text);
    expect(code).toBe(0);
    expect(env["SECRET_KEY"]).toMatch(KEY);
    const former = before["SECRET_KEY_FALLBACKS"] ?? "";
    expect(env["SECRET_KEY_FALLBACKS"]).toBe([old, ...(former === "" ? [] : [former])].join(","));
    expect(out + err).not.toContain(env["SECRET_KEY"]);
    expect(out + err).not.toContain(old);
    // With the values taken out, what is left are the lines that were there, and one more at most.
    const rest = (content: string): string[] =>
      content.split(/\r?\n/).filter((line) => !/SECRET_KEY(_FALLBACKS)?\s*=/.test(line.replace(/#.*/, "")));
    expect(rest(after)).toEqual(rest(text));
    expect(after.split("# ").length).toBe(text.split("# ").length);
    expect(after.includes("\r\n")).toBe(text.includes("\r\n"));
  });

  test("exports the fallbacks where the key is exported, for a shell that reads the file", async () => {
    const { after } = await rotate(`  export SECRET_KEY=${old}\nexport B=1\n`);
    expect(after).toMatch(/^ {2}export SECRET_KEY=\S+\nexport SECRET_KEY_FALLBACKS=\S+\nexport B=1\n$/);
    expect((await rotate(`exported=1\nSECRET_KEY=${old}\n`)).after).toMatch(/\nSECRET_KEY_FALLBACKS=/);
  });

  test.each(["SECRET_KEY=\n", "A=1"])("says of %j what to write, and not what to append", async (text) => {
    const { code, err, after } = await rotate(text);
    expect([code, after]).toEqual([2, text]);
    expect(err).toMatch(/has no SECRET_KEY\. Write what/);
    expect((await rotate("A=1\n")).err).toContain(">> .env");
  });

  test("keeps a key that needs quotes", async () => {
    const { env } = await rotate(`SECRET_KEY='a "b" #c $d'\n`);
    expect(env["SECRET_KEY_FALLBACKS"]).toBe('a "b" #c $d');
  });

  test.each([
    ["has no key", "A=1\n"],
    ["has one twice", "SECRET_KEY=one-and-only-0123\nA=1\nSECRET_KEY=another-0123456789"],
    ["begins with a byte order mark", `\ufeffSECRET_KEY=${"y1".repeat(12)}\r\n`],
    [
      "is UTF-16, as PowerShell makes it",
      Buffer.from("\ufeffSECRET_KEY=key\r\n", "utf16le").toString("utf8"),
    ],
    ["has one over two lines", 'SECRET_KEY="two\nlines"\n'],
    ["has one with a comma", "SECRET_KEY=a,b\n"],
    ["has one that looks like another's value", `A="\nSECRET_KEY=x\n"\nSECRET_KEY=${"y1".repeat(12)}\n`],
  ])("leaves a file alone that %s", async (_, text) => {
    const { code, after } = await rotate(text);
    expect({ code, after }).toEqual({ code: 2, after: text });
    expect(await readdir(cwd)).toEqual([".env"]);
  });

  test("keeps every byte of the others, in whatever encoding they are", async () => {
    const others = ["# gr\xfcn\nDB_PASSWORD=gr\xfcn\n", "\nEND=\x80\xa0\x85\xff"] as const;
    const key = Buffer.from(`gr\u00fcn-\u2603-${old}`).toString("latin1");
    const [before, after] = others;
    const { code, err } = await rotate(Buffer.from(`${before}SECRET_KEY=${key}${after}`, "latin1"));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [start, ...added] = (await readFile(file(), "latin1")).slice(before.length).split("\n");
    expect(start).toMatch(/^SECRET_KEY=sk1_[\w-]{43}$/);
    expect(added.join("\n")).toBe(`SECRET_KEY_FALLBACKS='${key}'${after}`);
    expect((await readFile(file(), "latin1")).slice(0, before.length)).toBe(before);
  });

  test("answers with JSON", async () => {
    const { code, out, env } = await rotate(`SECRET_KEY=dev\nSECRET_KEY_FALLBACKS=${old}\n`, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      name: "SECRET_KEY",
      fallbacks: 2,
      problem: expect.stringContaining("everybody knows"),
    });
    expect(env["SECRET_KEY_FALLBACKS"]).toBe(`dev,${old}`);
  });

  test("keeps the mode, follows a link, and leaves nothing beside it", async () => {
    await writeFile(join(cwd, "real"), `SECRET_KEY=${old}`);
    await chmod(join(cwd, "real"), 0o640);
    await symlink("real", file());
    expect((await cli(["secret", "rotate"], { cwd })).code).toBe(0);
    expect((await stat(join(cwd, "real"))).mode & 0o777).toBe(0o640);
    expect((await readdir(cwd)).toSorted()).toEqual([".env", "real"]);
    expect(parseEnv(await readFile(join(cwd, "real"), "utf8"))).toMatchObject({ SECRET_KEY_FALLBACKS: old });
  });

  test("of two at once none is lost: one is done, or both one after the other", async () => {
    await writeFile(file(), `SECRET_KEY=${old}`);
    const results = await Promise.all([1, 2, 3].map(() => cli(["secret", "rotate"], { cwd })));
    const done = results.filter(({ code }) => code === 0).length;
    expect(done).toBeGreaterThan(0);
    const { SECRET_KEY_FALLBACKS: fallbacks } = parseEnv(await readFile(file(), "utf8"));
    expect(fallbacks!.split(",")).toHaveLength(done);
  });

  test("says so when the old key is one that others can guess", async () => {
    expect((await rotate("SECRET_KEY=dev\n")).err).toContain("everybody knows");
    expect((await rotate(`KEY=${old}\n`, "--name", "KEY")).out).toContain("KEY_FALLBACKS");
    expect((await rotate("", "--name", "A B")).code).toBe(2);
    for (const name of ["toString", "__proto__", "q7Zp_geheim"]) {
      const { code, err, after } = await rotate("A=1\n", "--name", name);
      expect({ code, after }).toEqual({ code: 2, after: "A=1\n" });
      expect(err).toContain(".env has no ");
      expect(err).not.toContain("geheim");
    }
  });
});

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli } from "../../test/support/cli.ts";
import { describeWith } from "../../test/support/provisioned.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "hipflask-cli-"));
const env = { PATH: process.env["PATH"], HOME: folder, TERM: "dumb" };
const scriptOf = (shell: string): string => join(folder, `hipflask.${shell}`);

beforeAll(async () => {
  for (const shell of ["bash", "zsh", "fish"])
    writeFileSync(scriptOf(shell), (await cli(["completion", shell])).out);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Begun lines, and what may come next. */
const LINES = [
  ["se", ["secret", "sessions"]],
  ["sessions mi", ["migrate"]],
  ["sessions list --us", ["--user"]],
  ["sessions list --json --us", ["--user"]],
  ["completion ", ["bash", "fish", "zsh"]],
  ["sign --storage ", ["encrypted", "signed"]],
  ["sign -s enc", ["encrypted"]],
  ["decode --sa", ["--salt"]],
  ["nonsense", []],
] as const;

describe("completion in bash", () => {
  test.each(LINES)("hipflask %s: %j", async (line, expected) => {
    const words = ["hipflask", ...line.split(" ")];
    const script = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hipflask
      for word in "\${COMPREPLY[@]}"; do echo "$word"; done; complete -p hipflask >&2`;
    const args = ["--norc", "-c", script, scriptOf("bash"), ...words];
    const { stdout, stderr } = await run("bash", args, { env });
    // bash offers options at once, the other shells behind a dash.
    const isOption = line.split(" ").at(-1)!.startsWith("-");
    const offered = stdout.split("\n").filter((word) => word !== "" && word.startsWith("-") === isOption);
    expect(offered.toSorted()).toEqual(expected);
    expect(stderr).toContain("-F _hipflask hipflask");
  });
});

describeWith("fish", "completion in fish", () => {
  test.each(LINES)("hipflask %s: %j", async (line, expected) => {
    const script = `source ${scriptOf("fish")}; complete -C 'hipflask ${line}'`;
    const { stdout } = await run("fish", ["--no-config", "-c", script], { env, cwd: folder });
    const words = stdout.split("\n").map((found) => found.split("\t")[0]!);
    // Where nothing fits, fish offers files, of which there are the scripts.
    const offered = words.filter((word) => word !== "" && !word.startsWith("hipflask."));
    expect(offered.toSorted()).toEqual(expected);
  });

  test("behind a command the others are not offered again", async () => {
    const script = `source ${scriptOf("fish")}; complete -C 'hipflask sessions list '`;
    const { stdout } = await run("fish", ["--no-config", "-c", script], { env, cwd: folder });
    expect(stdout).not.toContain("migrate");
  });
});

describeWith("zsh", "completion in zsh", () => {
  // A shell that nobody has configured, at a terminal: Tab twice, each in a word that can only become one.
  const TYPIST = `
    zmodload zsh/zpty
    zpty -b shell "zsh -f -i"
    zpty -w shell "source $1; PS1=; echo re''ady"
    zpty -r -m shell out '*ready*' || exit 1
    zpty -w -n shell $'hipflask sess\\t'
    zpty -r -m shell out '*sessions *' || exit 1
    zpty -w -n shell $'mi\\t'
    zpty -r -m shell out '*migrate *' || exit 1
    zpty -w -n shell $'\\C-uhipflask sign --storage enc\\t'
    zpty -r -m shell out '*encrypted *' || exit 1
    zpty -d shell`;

  test("completes commands and choices as they are typed", async () => {
    await expect(
      run("zsh", ["-f", "-c", TYPIST, "typist", scriptOf("zsh")], { env, timeout: 15_000 }),
    ).resolves.toMatchObject({ stderr: "" });
  });
});

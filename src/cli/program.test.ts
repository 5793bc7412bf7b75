import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { cli } from "../../test/support/cli.ts";
import { createProgram } from "./program.ts";
import type { Io } from "./io.ts";

/** The words that lead to every command. */
function commands(command: Command, path: readonly string[] = []): string[][] {
  return command.commands.flatMap((child) => {
    const words = [...path, child.name()];
    return child.commands.length > 0 ? commands(child, words) : [words];
  });
}

const all = commands(createProgram({ stdout: {}, stderr: {}, env: {} } as Io));

describe("the command line", () => {
  test("tells its version, that of the package", async () => {
    const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
    expect(await cli(["--version"])).toEqual({ code: 0, out: `${manifest.version}\n`, err: "" });
  });

  test.each(all.map((words) => [words.join(" "), words] as const))(
    "%s has a help with an example",
    async (_, words) => {
      const { code, out } = await cli([...words, "--help"]);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`Examples?:\\n.*hipflask ${words.join(" ")}`, "s"));
    },
  );

  test.each([
    [[]],
    [["secret"]],
    [["nonsense"]],
    [["secret", "nonsense"]],
    [["decode"]],
    [["decode", "a", "b"]],
    [["sign", "{}", "-s", "x"]],
  ])("what is not understood (%j) ends with 2, and says how it is used", async (args) => {
    const { code, out, err } = await cli(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/--help|Usage/);
  });

  test("a key that looks like an option is not shown", async () => {
    const { code, out, err } = await cli(["secret", "check", "-Xq7Zp_secret"]);
    expect(code).toBe(2);
    expect(out + err).not.toContain("q7Zp");
    expect(err).toContain("behind --");
  });

  test.each([
    [["sk1_q7Zp_geheim"]],
    [["secret", "q7Zp_geheim"]],
    [["secret", "check", "--key=q7Zp_geheim"]],
    [["verify", "a", "--max-age", "q7Zp_geheim"]],
    [["sign", "{}", "--storage", "q7Zp_geheim"]],
    [["completion", "q7Zp_geheim"]],
    [["doctor", "https://me:q7Zp_geheim@localhost/"]],
    [["sessions", "list", "q7Zp_geheim://me:q7Zp_geheim@localhost"]],
    [["verify", "a", "-f", "q7Zp_geheim"]],
    [["sign", "{}", "--keys-file", "x/q7Zp_geheim"]],
    [["secret", "check", "-f", "q7Zp_geheim"]],
    [["secret", "check", "-n", "q7Zp_geheim"]],
    [["secret", "rotate", "-f", "q7Zp_geheim"]],
    [["demo", "--store", "q7Zp_geheim"]],
    [["demo", "--port", "q7Zp_geheim"]],
  ])("what is put in the wrong place is not shown: %j", async (args) => {
    const { out, err } = await cli(args);
    expect(err).not.toBe("");
    expect(out + err).not.toContain("geheim");
  });

  test.each([
    [["verify", "a", "-f", "config/.env.production"], "config/.env.production"],
    [["secret", "check", "-n", "JWT_SECRET"], "JWT_SECRET"],
    [["secret", "rotate", "-f", "no/such.env"], "no/such.env"],
  ])("words of a name are shown: %j", async (args, name) => {
    expect((await cli(args)).err).toContain(name);
  });

  test("colours are for terminals, and for nobody who said NO_COLOR", async () => {
    const colored = /\u001b\[/;
    const args = ["secret", "check", "secret"];
    expect((await cli(args, { isTTY: true })).out).toMatch(colored);
    expect((await cli(args)).out).not.toMatch(colored);
    expect((await cli(args, { isTTY: true, env: { NO_COLOR: "1" } })).out).not.toMatch(colored);
    expect((await cli(args, { isTTY: true, env: { TERM: "dumb" } })).out).not.toMatch(colored);
  });
});

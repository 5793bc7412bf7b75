import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { basename, dirname } from "node:path";
import { PYTHON } from "./flask-server.ts";

type Question = (question: never) => unknown;

/**
 * A Python program that answers in JSON: one question on each line of its standard input, one answer on each line of its
 * standard output, thousands of them a second.
 */
export class PythonLines<Questions extends { [Name in keyof Questions]: Question }> {
  readonly #child;
  readonly #lines;
  #errors = "";

  /** @param script the path of the program, in whose folder it runs */
  constructor(script: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(PYTHON, [basename(script)], {
      cwd: dirname(script),
      env: { ...env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    this.#child.stderr.on("data", (chunk) => (this.#errors += chunk));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask<Name extends keyof Questions>(
    name: Name,
    question: Parameters<Questions[Name]>[0],
  ): Promise<ReturnType<Questions[Name]>> {
    this.#child.stdin.write(`${JSON.stringify([name, question])}\n`);
    const line = await this.#lines.next();
    if (line.done) throw new Error(`Python ended:\n${this.#errors}`);
    return JSON.parse(line.value);
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, "exit");
  }
}

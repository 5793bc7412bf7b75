import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PYTHON } from "../support/flask-server.ts";
import type { Desc } from "../support/python-values.ts";

/** What Flask writes for a session. */
interface Written {
  readonly json: string;
  readonly cookie: string;
}

interface FlaskAnswer {
  readonly status: number;
  readonly json: unknown;
  readonly setCookie: readonly string[];
}

/** What flask_lines.py can be asked. */
interface Questions {
  write(question: { sessions: readonly Desc[] }): Written[];
  read(question: { cookies: readonly string[] }): (Written & { readonly desc: Desc })[];
  make(question: { seed: number; count: number }): string[];
  request(question: { method: string; path: string; cookie: string; clock: number }): FlaskAnswer;
}

/** Real Flask without a server: a Python process that answers in JSON lines, thousands of sessions a second. */
export class FlaskProcess {
  readonly #child;
  readonly #lines;
  #errors = "";

  constructor(secretKey: string) {
    this.#child = spawn(PYTHON, ["flask_lines.py"], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      env: { SECRET_KEY: secretKey, PYTHONDONTWRITEBYTECODE: "1" },
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
    if (line.done) throw new Error(`Flask ended:\n${this.#errors}`);
    return JSON.parse(line.value);
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, "exit");
  }
}

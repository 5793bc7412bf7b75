import { fileURLToPath } from "node:url";
import { PythonLines } from "../support/python-lines.ts";
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

/** Real Flask without a server. */
export class FlaskProcess extends PythonLines<Questions> {
  constructor(secretKey: string) {
    super(fileURLToPath(new URL("flask_lines.py", import.meta.url)), { SECRET_KEY: secretKey });
  }
}

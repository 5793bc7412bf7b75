import { fileURLToPath } from "node:url";
import { PythonLines } from "../support/python-lines.ts";

/** Which table: its database as SQLAlchemy names it, and its name. */
interface Table {
  readonly url: string;
  readonly table: string;
  readonly schema?: string;
}

/** What sqlalchemy_lines.py can be asked. Times are naive ones in UTC, bytes in hexadecimal. */
interface Questions {
  create(question: Table): null;
  describe(question: Table): unknown;
  upsert(question: Table & { key: string; data: string; expiry: string | null }): null;
  retrieve(question: Table & { key: string; now: string }): { data: string; expiry: string } | null;
}

/** Real SQLAlchemy, doing to the table of Flask-Session what Flask-Session does. */
export class Sqlalchemy extends PythonLines<Questions> {
  constructor() {
    super(fileURLToPath(new URL("sqlalchemy_lines.py", import.meta.url)));
  }
}

/** An instant as SQLAlchemy's DateTime has it. */
export function naive(date: Date): string {
  return date.toISOString().replace("T", " ").replace("Z", "000");
}

import { fileURLToPath } from "node:url";
import { createSessions } from "hipflask";
import { CsrfTokens } from "hipflask/csrf";
import { flaskConfig } from "hipflask/flask";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/provisioned.ts";
import { PythonLines } from "../support/python-lines.ts";
import { KEY } from "../support/visitor.ts";

/** What csrf_lines.py can be asked. */
interface Questions {
  make(question: { session: object }): { token: string; session: Record<string, unknown> };
  check(question: { session: object; token: string }): boolean;
}

describeWith("flask-wtf", "CSRF tokens beside Flask-WTF", () => {
  const csrf = new CsrfTokens({ secretKey: KEY, flaskWtf: true });
  const sessions = createSessions(flaskConfig({ SECRET_KEY: KEY }));
  let python: PythonLines<Questions>;
  beforeAll(() => {
    python = new PythonLines(fileURLToPath(new URL("csrf_lines.py", import.meta.url)), { SECRET_KEY: KEY });
  });
  afterAll(() => python.stop());

  const visitor = () => sessions.open({ cookie: "", host: "localhost", encrypted: false }).session();

  test("what Python made is good here", async () => {
    const { token, session: data } = await python.ask("make", { session: { user: 1 } });
    const session = await visitor();
    Object.assign(session.data, data);
    expect(csrf.isGood(session, token)).toBe(true);
    expect(csrf.isGood(await visitor(), token)).toBe(false);
  });

  test("what was made here is good in Python, in its session alone", async () => {
    const session = await visitor();
    const token = csrf.make(session);
    expect(await python.ask("check", { session: session.data, token })).toBe(true);
    expect(await python.ask("check", { session: {}, token })).toBe(false);
    const ours = new CsrfTokens({ secretKey: KEY }).make(session);
    expect(await python.ask("check", { session: session.data, token: ours })).toBe(false);
  });
});

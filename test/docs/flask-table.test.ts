import { fileURLToPath } from "node:url";
import { cookies, createSessions, serverSide, type CookieJar, type Session } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { createLogin } from "hipflask/login";
import { parseSetCookie } from "hipflask/cookie";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/provisioned.ts";
import { PythonLines } from "../support/python-lines.ts";
import { rowsOf } from "./markdown.ts";
import { read } from "./pages.ts";

/** A cell that asks for something, so that its value is what it is about. */
const ASKS = /^(?:request\.cookies\.get|"\w+" in|session\[[^\]]*\]$|session\.(?:get\(|\w+$)|get_flashed)/;

const rows = rowsOf(read("docs/flask-table.md")).map(({ python, block: { text, context } }) => ({
  python: python.replaceAll("`", ""),
  text: text.trimEnd(),
  isLogin: context.includes("auth"),
}));

/** What a cell has done. */
interface Effect {
  readonly cookies: object[];
  readonly data: Record<string, unknown>;
  readonly flashes: unknown[];
  readonly permanent: boolean;
  readonly value: unknown;
}

const sessions = createSessions<any>({ storage: serverSide(new MemoryStore()) });
const user = { id: "ada" };
const store = new MemoryStore();
const auth = createLogin<typeof user, Request>(sessions, { loadUser: () => user, remember: { store } });

const NAMES = ["c", "jar", "session", "sessions", "auth", "user", "when"];
/** A month from now, in whole seconds. */
const when = new Date(Math.floor(Date.now() / 1000 + 30 * 24 * 60 * 60) * 1000);

type Cell = (...values: unknown[]) => Promise<unknown>;
const AsyncFunction = (async () => undefined).constructor as new (...code: string[]) => Cell;

/** Runs a cell where the table says that it runs: in a request with a session. */
async function run({ python, text, isLogin }: (typeof rows)[number]): Promise<Effect> {
  const asks = ASKS.test(python);
  let effect: Effect | undefined;
  const handler = webSessions(sessions, async (c) => {
    const session: Session<any> = await sessions.get(c);
    const jar: CookieJar = cookies(c);
    const response = { header: () => undefined, text: () => undefined };
    const cell = new AsyncFunction(...NAMES, asks ? `return ${text}` : text);
    const value = await cell(isLogin ? c : response, jar, session, sessions, auth, user, when);
    effect = {
      cookies: jar.setCookies().flatMap((header) => comparable(header)),
      data: { ...session.data },
      flashes: session.flashes().map(({ category, message }) => [category, message]),
      permanent: session.permanent,
      value: plain(value),
    };
    return new Response();
  });
  const client = new TestClient(handler);
  await client.sessionTransaction(sessions, async (session) => {
    Object.assign(session.data, { count: 1, cart: ["milk"] });
    session.flash("Hello", "info");
    if (isLogin) await session.regenerate({ user: "ada" });
  });
  await client.setCookie("theme", "dark");
  await client.get("/");
  return effect!;
}

/** A cookie without the date that Flask adds to Max-Age, and that both add to a deletion. */
function comparable(header: string): object[] {
  const { expires, ...cookie } = parseSetCookie(header)!;
  return cookie.name === "session" ? [] : [cookie.maxAge === undefined ? { ...cookie, expires } : cookie];
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  return "category" in value && "message" in value ? [value.category, value.message] : null;
}

/** Rows whose third column says that the two differ, and those that need what Debian's Flask has not. */
const APART = ["city", "session.new", "partitioned", "Flask-Session", "flask_session"];

test("the table has a row for each of Flask's calls", () => {
  const names = [
    "make_response",
    "set_cookie",
    "request.cookies",
    "delete_cookie",
    "session[",
    "session.get",
    "session.pop",
  ];
  const others = [
    "session.clear",
    "session.permanent",
    "session.modified",
    "flash(",
    "get_flashed_messages",
    "login_user",
  ];
  for (const name of [...names, ...others, "logout_user", "current_user", "@login_required"])
    expect(rows.filter(({ python }) => python.includes(name))).not.toEqual([]);
});

describeWith("flask", "What stands side by side in docs/flask-table.md", () => {
  type Question = { cell: string; asks: boolean; when: number };
  let flask: PythonLines<{ run: (question: Question) => Effect & { error?: string; cookies: string[] } }>;
  beforeAll(() => {
    flask = new PythonLines(fileURLToPath(new URL("flask_cells.py", import.meta.url)));
  });
  afterAll(() => flask.stop());

  test.for(rows.filter(({ isLogin }) => !isLogin))("$python: $text", async (row) => {
    const ours = await run(row);
    const { python: cell } = row;
    if (APART.some((word) => cell.includes(word))) return;
    const theirs = await flask.ask("run", { cell, asks: ASKS.test(cell), when: when.getTime() / 1000 });
    expect(theirs.error).toBeUndefined();
    expect(ours).toEqual({ ...theirs, cookies: theirs.cookies.flatMap(comparable) });
  });
});

test.for(rows.filter(({ isLogin }) => isLogin))("$python: $text", async (row) => {
  await expect(run(row)).resolves.toBeDefined();
});

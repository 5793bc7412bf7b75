import assert from "node:assert/strict";
import * as cookie from "cookie";
import { quiet, ratio, sideBySide, spread } from "../lib/ab.mjs";
import { DAY, DOMAIN, FINDERS, FULL_WRITERS, PARSERS, SESSION_WRITERS } from "./cookie-variants.mjs";

export const about = "parse Cookie headers and write Set-Cookie headers";

const VALUE = "eyJjb3VudCI6NDEsInVzZXJfaWQiOiI0NzExIn0.aSAvFg.k2Q7bJkq1mJm5vD0sYw3n8bq";

/** Session cookies of different visitors. */
const VALUES = Array.from({ length: 64 }, (_, i) => VALUE + (1000 + i));

/** A browser's Cookie header: the session in the middle of what analytics and preferences left there. */
function header(cookies, value) {
  const others = Array.from(
    { length: cookies - 1 },
    (_, i) => `_pref_${i}=GA1.1.${1_700_000_000 + i * 7919}.${i}`,
  );
  return [...others.slice(0, cookies >> 1), `session=${value}`, ...others.slice(cookies >> 1)].join("; ");
}

/** The dates move on as in a server that sets many cookies within a second. */
const DATED = VALUES.map((value, i) => [value, new Date(Date.now() + DAY * 1000 + i * 20)]);

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const tables = [];
  const goals = [];

  async function ask(title, operations, inputs, limit) {
    log(title);
    const tasks = Object.entries(operations).map(([name, operation]) => ({ name, run: operation, inputs }));
    const figures = await sideBySide(tasks, quick ? { rounds: 25, slice: 8 } : { rounds: 80, slice: 15 });
    const [ours] = Object.keys(operations);
    const against = (name) => ratio(figures.get(ours).cpu, figures.get(name).cpu);
    tables.push({
      title: `${title} (nanoseconds of CPU per call)`,
      columns: ["variant", "ns", `${ours} / this`],
      rows: tasks.map(({ name }) => [
        name,
        Math.round(spread(figures.get(name).cpu).median),
        name === ours ? "" : against(name),
      ]),
    });
    if (limit === undefined) return;
    const [mine, theirs] = [figures.get(ours).cpu, figures.get("cookie").cpu];
    goals.push({
      goal: `${title}, against cookie`,
      limit,
      ratio: ratio(mine, theirs),
      quiet: quiet(mine) / quiet(theirs),
    });
  }

  for (const count of [1, 5, 20]) {
    const headers = VALUES.map((value) => header(count, value));
    for (const [name, parse] of Object.entries(PARSERS))
      assert.equal(sessionIn(parse(headers[3])), VALUES[3], name);
    await ask(`Parse ${count === 1 ? "1 cookie" : `${count} cookies`}`, PARSERS, headers, 1.05);
  }
  const headers = VALUES.map((value) => header(20, value));
  for (const [name, find] of Object.entries(FINDERS)) assert.equal(find(headers[3]), VALUES[3], name);
  await ask("Find the session cookie among 20", FINDERS, headers, 1 / 5);

  const attributes = { path: "/", httpOnly: true, sameSite: "lax" };
  for (const [name, write] of Object.entries(SESSION_WRITERS))
    checkSetCookie(name, write(VALUES[3]), attributes);
  await ask("Write a session's Set-Cookie", SESSION_WRITERS, VALUES);
  const full = { ...attributes, domain: DOMAIN, maxAge: DAY, secure: true, expires: DATED[3][1] };
  for (const [name, write] of Object.entries(FULL_WRITERS)) checkSetCookie(name, write(DATED[3]), full);
  await ask("Write a Set-Cookie with all attributes and Expires", FULL_WRITERS, DATED, 0.3);
  return { tables, goals };
}

/** Whatever a parser gives: a map, an object, a list of cookies. */
function sessionIn(parsed) {
  if (parsed instanceof Map) return parsed.get("session");
  if (Array.isArray(parsed)) return parsed.find(({ key }) => key === "session").value;
  return parsed.session;
}

function checkSetCookie(name, text, { expires, ...attributes }) {
  const { name: key, value, expires: at, ...found } = cookie.parseSetCookie(text);
  assert.deepEqual([key, value, found], ["session", VALUES[3], attributes], `${name} writes ${text}`);
  assert.equal(
    at?.getTime(),
    expires && Math.floor(expires.getTime() / 1000) * 1000,
    `${name} writes ${text}`,
  );
}

import { spawnSync } from "node:child_process";
import { missing } from "../../scripts/needs.mjs";

/** Debian's, which has Flask; the `python3` on PATH may be another one. */
export const PYTHON = "/usr/bin/python3";

const FLASK_SESSION = "python3-flask-session, python3-redis and python3-gunicorn";

/** Which variants, by their names, cannot run on this machine, and what they need. */
export function lacking(names) {
  const absent = new Set(missing().map(({ name }) => name));
  if (spawnSync(PYTHON, ["-c", "import flask_session, redis, gunicorn"]).status !== 0)
    absent.add(FLASK_SESSION);
  const needs = (name) => [
    ...(/redis/i.test(name) ? ["redis"] : []),
    ...(/postgres/i.test(name) ? ["postgres"] : []),
    ...(name.startsWith("flask ") ? [FLASK_SESSION] : []),
  ];
  return new Map(
    names
      .map((name) => [name, needs(name).filter((need) => absent.has(need))])
      .filter(([, needed]) => needed.length > 0),
  );
}

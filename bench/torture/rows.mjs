/** Who is tormented. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ours } from "./ours.mjs";

/**
 * @typedef {object} PeerRow
 * @property {string} package
 * @property {string} [variant]
 * @property {boolean} [isInCookies] as in probes/probes.mjs, and so are the next two
 * @property {string} [exact]
 * @property {string} [explicit]
 * @property {(line: import("./line.mjs").Line) => Promise<Started>} start
 *
 * @typedef {object} Started
 * @property {{ origin: string, close: () => void }} server
 * @property {{ keys(): string[], clear(): void }} [store] undefined where sessions are in cookies
 */

const PEERS = [
  "express-session",
  "cookie-session",
  "iron-session",
  "fastify-session",
  "fastify-secure-session",
  "hono-sessions",
  "hono-session",
  "h3",
  "remix-session",
  "react-router",
  "koa-session",
  "adonis-session",
];

const OURS = "hipflask";

const MODULES = join(import.meta.dirname, "../node_modules");

/** All rows, each with its file, and why some are missing. */
export async function allRows() {
  const rows = [];
  const absent = [];
  for (const file of [...PEERS, OURS]) {
    try {
      rows.push(...(await rowsOf(file)));
    } catch (error) {
      absent.push({ name: file, isOurs: file === OURS, reason: error.message.split("\n", 1)[0] });
    }
  }
  return { rows, absent };
}

/** The rows of one file. */
export async function rowsOf(file) {
  if (file === OURS)
    return ours(await import("./library.mjs")).map((row) => ({ ...row, file, isOurs: true }));
  const { rows } = await import(`./peers/${file}.mjs`);
  return rows.map((row) => ({ ...row, file, name: nameOf(row), isOurs: false }));
}

function nameOf({ package: name, variant }) {
  const { version } = JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8"));
  return `${name} ${version}${variant === undefined ? "" : ` (${variant})`}`;
}

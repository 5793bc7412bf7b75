/** All probes, in the order of the table, and what sends them. */
import { Visitor } from "../visitor.mjs";
import { bad, judged } from "../cell.mjs";
import { cookies } from "./cookies.mjs";
import { data } from "./data.mjs";
import { ids } from "./ids.mjs";
import { logout } from "./logout.mjs";
import { outage } from "./outage.mjs";
import { parallel } from "./parallel.mjs";
import { responses } from "./responses.mjs";

/** Each family gets a server of its own, so that nothing of an outage is left for the next. */
const FAMILIES = { parallel, logout, responses, data, outage, ids, cookies };

/** Of each probe the heading of its column. */
export const PROBES = {
  keys: "20 keys written at once, kept",
  plain: "20 × `n += 1` at once",
  exact: "20 × the library's own way to add",
  logoutWrite: "logout, and a write under way",
  logoutRead: "logout, and a read under way",
  redirect: "seen after a redirect",
  nested: "nested push saved",
  anonymous: "stranger, session unused",
  loggedIn: "logged in, session unused",
  vary: "`Vary`",
  cacheControl: "`Cache-Control` with Set-Cookie",
  stream: "written after the first chunk",
  reading: "store cannot read",
  writing: "store cannot write",
  login: "ID after login",
  unknown: "unknown ID",
  stored: "ID in the store",
  large: "6 KB in the session",
  corrupt: "5 corrupt cookies",
  tampered: "tampered cookie",
  unhandled: "unhandled rejections",
};

/**
 * @typedef {object} Row a library in one configuration
 * @property {string} name
 * @property {boolean} [isInCookies] the session's data is in the cookie, and no store is needed
 * @property {string} [exact] the call that adds exactly, where the library has one
 * @property {string} [explicit] the call that saves, where the library does not notice changes by itself
 *
 * @typedef {object} Subject a server that has just started
 * @property {string} origin
 * @property {(question: { ask: string }) => Promise<any>} ask see control.mjs
 * @property {() => string | undefined} death how the process ended, if it has
 * @property {() => Promise<number>} close tells how many rejections nobody handled
 *
 * @param {Row} row
 * @param {() => Promise<Subject>} open
 * @returns {Promise<Record<keyof typeof PROBES, import("../cell.mjs").Cell>>}
 */
export async function torment(row, open) {
  const cells = {};
  let unhandled = 0;
  for (const family of Object.values(FAMILIES)) {
    let subject = await open();
    for (const [name, probe] of Object.entries(family)) {
      cells[name] = await observe(probe, row, subject);
      if (subject.death() === undefined) continue;
      await subject.close();
      subject = await open();
    }
    unhandled += await subject.close();
  }
  cells.unhandled = judged(unhandled === 0, String(unhandled));
  return cells;
}

async function observe(probe, row, { origin, ask, death }) {
  const facts = { row, ask, isInCookies: row.isInCookies === true, visitor: new Visitor(origin) };
  try {
    const cell = await probe(facts);
    await ask({ ask: "nothing" });
    return cell;
  } catch (error) {
    return bad(death() === undefined ? `FAILED: ${error.message}` : `CRASH: ${death()}`);
  }
}

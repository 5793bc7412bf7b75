/** A request that began before the logout ends after it. Is anybody logged in then, by the browser's cookies or the old ones? */
import { setTimeout as delay } from "node:timers/promises";
import { bad, byDesign, good } from "../cell.mjs";

const write = (facts) => undone(facts, "/set?key=seen&value=yes&wait=300");
const read = (facts) => undone(facts, "/read?key=user&wait=300");

async function undone({ visitor, isInCookies }, path) {
  await visitor.prepare("/login");
  const { cookies } = visitor;
  const underway = visitor.get(path);
  await delay(100);
  await visitor.get("/logout");
  await underway;
  const users = [await visitor.read("user"), await visitor.read("user", cookies)];
  if (users.every((user) => user === null)) return good("ok");
  return isInCookies ? byDesign("undone") : bad("undone");
}

export const logout = { logoutWrite: write, logoutRead: read };

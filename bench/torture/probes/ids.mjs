/** Session IDs. Where sessions are in cookies there are none. */
import { setTimeout as delay } from "node:timers/promises";
import { bad, good, none } from "../cell.mjs";

/** Milliseconds for what a library writes without waiting for it. */
const SETTLE = 50;

/** Somebody planted a session in the browser, which then logs in. Is the one who planted it logged in, too? */
async function login({ visitor, isInCookies }) {
  await visitor.prepare("/set?key=a&value=1");
  const planted = visitor.cookies;
  if (planted === "") return none("no session before the login");
  await visitor.prepare("/login");
  if ((await visitor.read("user", planted)) !== null) return bad("same ID");
  return isInCookies ? none() : good("new ID");
}

/** An ID that the store does not know (any more) comes, with its signature, and something is written. */
async function unknown({ visitor, isInCookies, ask }) {
  if (isInCookies) return none();
  await visitor.prepare("/login");
  const { cookies } = visitor;
  await ask({ ask: "clear" });
  await visitor.get("/set?key=a&value=1", cookies);
  await delay(SETTLE);
  return (await visitor.read("a", cookies)) === "1" ? bad("adopted") : good("refused");
}

/** Does the store hold what the cookie holds, and would that be enough to be somebody else? */
async function stored({ visitor, isInCookies, ask }) {
  if (isInCookies) return none();
  await visitor.prepare("/login");
  const sent = decodeURIComponent(visitor.cookies);
  const [name] = sent.split("=", 1);
  const keys = await ask({ ask: "keys" });
  for (const key of keys) {
    if ((await visitor.read("user", `${name}=${key}`)) !== null) return bad("raw, and it opens the session");
  }
  return keys.some((key) => readable(sent).includes(key)) ? bad("raw") : good("no");
}

/** A cookie and what its base64 stands for. */
function readable(cookie) {
  const decoded = [...cookie.matchAll(/[\w+/-]+/g)].map(([part]) =>
    Buffer.from(part, "base64").toString("latin1"),
  );
  return [cookie, ...decoded].join("\n");
}

export const ids = { login, unknown, stored };

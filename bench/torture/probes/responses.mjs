/** What goes out with responses, and when. */
import { bad, good, judged } from "../cell.mjs";

/** The browser is at the redirect's target before the store, whose writes take 120 ms, has answered. */
async function redirect({ visitor, ask }) {
  await visitor.prepare("/login");
  await ask({ ask: "slow", kind: "write", milliseconds: 120 });
  const { value } = await visitor.follow("/redirect");
  await ask({ ask: "slow", kind: "write", milliseconds: 3 });
  return value === "yes" ? good("ok") : bad("MISSING");
}

/** Somebody new; the handler writes the session after the first chunk. */
async function stream({ visitor, ask }) {
  const before = await ask({ ask: "warnings" });
  const { status, body } = await visitor.get("/stream");
  const value = await visitor.read("streamed");
  if (value === "yes") return good("kept");
  if (body.includes("refused") || status === "broken") return good("an error");
  return (await ask({ ask: "warnings" })) > before ? good("a warning") : bad("lost silently");
}

async function loggedIn(facts) {
  await facts.visitor.prepare("/login");
  return untouched(facts);
}

/** The handler does nothing with the session. */
async function untouched({ visitor, ask }) {
  await ask({ ask: "operations" });
  const { setCookies } = await visitor.prepare("/untouched");
  const operations = await ask({ ask: "operations" });
  const isQuiet = setCookies.length === 0 && operations.every(({ kind }) => kind === "read");
  const names = operations.map(({ name }) => name).join("+") || "0 ops";
  return judged(isQuiet, `${setCookies.length} SC, ${names}`);
}

/** A response that depends on the cookie. */
async function vary({ visitor }) {
  await visitor.prepare("/login");
  const { header } = await visitor.prepare("/read?key=user");
  return judged(/\bcookie\b/i.test(header("vary")), header("vary") || "none");
}

/** A response that sets a cookie, for one visitor alone. */
async function cacheControl({ visitor }) {
  const { header, setCookies } = await visitor.prepare("/login");
  if (setCookies.length === 0) return bad("no Set-Cookie at login");
  const value = header("cache-control");
  return judged(/no-store|private|no-cache/.test(value), value || "none");
}

export const responses = { redirect, anonymous: untouched, loggedIn, vary, cacheControl, stream };

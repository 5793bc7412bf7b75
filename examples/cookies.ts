// Cookies without sessions: reading what a browser sent, writing what it shall keep, on any server.
import assert from "node:assert/strict";
import { parseCookie, parseSetCookie, stringifyDeletion, stringifySetCookie } from "hipflask/cookie";

const sent = parseCookie("theme=dark; name=J%C3%BCrgen", { decode: decodeURIComponent });
assert.equal(sent.get("theme"), "dark");
assert.equal(sent.get("name"), "Jürgen");

const header = stringifySetCookie("theme", "light", {
  path: "/",
  maxAge: 30 * 24 * 60 * 60,
  sameSite: "lax",
});
assert.equal(header, "theme=light; Max-Age=2592000; Path=/; SameSite=Lax");
assert.deepEqual(parseSetCookie(header), {
  name: "theme",
  value: "light",
  maxAge: 2592000,
  path: "/",
  sameSite: "lax",
});

// What a browser would not keep, or would read otherwise, is an error here and not a riddle there. What stands in the program
// does not even compile.
assert.throws(() => stringifySetCookie("name", "Jürgen"), { code: "COOKIE_INVALID" });
// @ts-expect-error -- a __Host- cookie is there for all paths
assert.throws(() => stringifySetCookie("__Host-id", "1", { path: "/app", secure: true }), {
  code: "COOKIE_INVALID",
});
assert.throws(() => stringifySetCookie("big", "x".repeat(5000)), { code: "TOO_LARGE" });

console.log(stringifyDeletion("theme", { path: "/" }));

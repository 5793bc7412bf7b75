/** The same operations by hipflask and by its peers, written as an application would. */
import * as cookie from "cookie";
import * as cookieEs from "cookie-es";
import * as hono from "hono/utils/cookie";
import { Cookie } from "tough-cookie";
import { findCookies, parseCookie, stringifySetCookie } from "../../dist/cookie/index.js";

/** A whole Cookie header. Most peers also look for values to percent-decode, which hipflask leaves to the caller. */
export const PARSERS = {
  hipflask: (text) => parseCookie(text),
  cookie: (text) => cookie.parseCookie(text),
  "cookie-es": (text) => cookieEs.parse(text),
  hono: (text) => hono.parse(text),
  // It parses Set-Cookie headers only, so each pair is read as one.
  "tough-cookie": (text) => text.split("; ").map((pair) => Cookie.parse(pair)),
};

/** The value of the cookie `session`. */
export const FINDERS = {
  "hipflask findCookies": (text) => findCookies(text, "session")[0],
  cookie: (text) => cookie.parseCookie(text).session,
  "cookie-es": (text) => cookieEs.parse(text).session,
  "hono, one name": (text) => hono.parse(text, "session").session,
};

/** The Set-Cookie header of a session cookie. */
export const SESSION_WRITERS = {
  hipflask: (value) => stringifySetCookie("session", value, { path: "/", httpOnly: true, sameSite: "lax" }),
  cookie: (value) =>
    cookie.stringifySetCookie({ name: "session", value, path: "/", httpOnly: true, sameSite: "lax" }),
  "cookie-es": (value) =>
    cookieEs.serialize({ name: "session", value, path: "/", httpOnly: true, sameSite: "lax" }),
  hono: (value) => hono.serialize("session", value, { path: "/", httpOnly: true, sameSite: "lax" }),
  "tough-cookie": (value) =>
    new Cookie({ key: "session", value, path: "/", httpOnly: true, sameSite: "lax" }).toString(),
};

export const DOMAIN = "example.com";
export const DAY = 86_400;

/** A Set-Cookie header with everything, for a value and a date. */
export const FULL_WRITERS = {
  hipflask: ([value, expires]) =>
    stringifySetCookie("session", value, {
      path: "/",
      domain: DOMAIN,
      maxAge: DAY,
      expires,
      httpOnly: true,
      secure: true,
      sameSite: "lax",
    }),
  cookie: ([value, expires]) =>
    cookie.stringifySetCookie({
      name: "session",
      value,
      path: "/",
      domain: DOMAIN,
      maxAge: DAY,
      expires,
      httpOnly: true,
      secure: true,
      sameSite: "lax",
    }),
  "cookie-es": ([value, expires]) =>
    cookieEs.serialize({
      name: "session",
      value,
      path: "/",
      domain: DOMAIN,
      maxAge: DAY,
      expires,
      httpOnly: true,
      secure: true,
      sameSite: "lax",
    }),
  hono: ([value, expires]) =>
    hono.serialize("session", value, {
      path: "/",
      domain: DOMAIN,
      maxAge: DAY,
      expires,
      httpOnly: true,
      secure: true,
      sameSite: "lax",
    }),
  "tough-cookie": ([value, expires]) =>
    new Cookie({
      key: "session",
      value,
      path: "/",
      domain: DOMAIN,
      maxAge: DAY,
      expires,
      httpOnly: true,
      secure: true,
      sameSite: "lax",
    }).toString(),
};

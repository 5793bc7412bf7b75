import type { KeptCookie } from "../../../browser/index.ts";
import { type Check, type Fault, requestOf } from "../fault.ts";
import { isSessionLike } from "../session-like.ts";
import type { Exchange } from "../visit.ts";

/** Whatever looks like a session has the attributes that keep it from being stolen. */
export const checkSessionCookies: Check = ({ first }) =>
  first.flatMap((exchange) =>
    exchange.set.flatMap((cookie) => {
      const kept = cookie.verdict.cookie;
      if (kept === undefined || !isSessionLike(cookie)) return [];
      return faultsOf(kept, exchange).map((fault) => ({
        ...fault,
        where: requestOf(exchange),
        cookie: cookie.name,
      }));
    }),
  );

function faultsOf(cookie: KeptCookie, { url }: Exchange): Omit<Fault, "where" | "cookie">[] {
  const faults: Omit<Fault, "where" | "cookie">[] = [];
  if (!cookie.httpOnly) {
    faults.push({
      code: "no-http-only",
      severity: "high",
      message: "It looks like a session, and every script in the page can read it and send it away.",
      fix: "Add HttpOnly.",
    });
  }
  if (!cookie.secure && url.protocol === "https:") {
    faults.push({
      code: "no-secure",
      severity: "high",
      message: "It looks like a session, and one request over plain http shows it to everybody on the way.",
      fix: "Add Secure.",
    });
  }
  if (cookie.sameSite === undefined) {
    faults.push({
      code: "no-same-site",
      severity: "medium",
      message:
        "It looks like a session and has no SameSite: Firefox sends it with requests of other sites' pages.",
      fix: "Write SameSite=Lax.",
    });
  } else if (cookie.sameSite === "none") {
    faults.push({
      code: "same-site-none",
      severity: "medium",
      message: "It looks like a session, and browsers send it with requests that other sites' pages make.",
      fix: "Write SameSite=Lax; or, where other sites embed this one, Partitioned, and guard against forged requests.",
    });
  }
  if (!cookie.hostOnly) {
    faults.push({
      code: "broad-domain",
      severity: "medium",
      message: `It looks like a session, and goes to every host below ${cookie.domain}; each of them can also set one.`,
      fix: "Leave Domain out.",
    });
  } else if (cookie.secure && cookie.path === "/" && !/^__Host-/i.test(cookie.name)) {
    faults.push({
      code: "no-prefix",
      severity: "low",
      message:
        "Other hosts of the domain, and whoever answers for it over plain http, can set a cookie of this name.",
      fix: "Let its name begin with __Host-, whose rules it keeps already.",
    });
  }
  return faults;
}

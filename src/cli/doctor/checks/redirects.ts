import { registrableDomain } from "../../../browser/public-suffix.ts";
import { isLoopback } from "../../../browser/situation.ts";
import { type Check, type Fault, requestOf } from "../fault.ts";
import { type Exchange, MAX_REDIRECTS } from "../visit.ts";

/** Whom the browser is sent to, and what goes along. */
export const checkRedirects: Check = ({ first, plain }) =>
  [first, plain].flatMap((chain) => {
    const last = chain.at(-1);
    return last === undefined
      ? []
      : [...chain.flatMap((exchange) => [...faultsOf(exchange)]), ...faultsAtEnd(last, chain.length)];
  });

function* faultsAtEnd(last: Exchange, length: number): Generator<Fault> {
  const where = requestOf(last);
  if (last.location !== undefined && length <= MAX_REDIRECTS) {
    yield {
      code: "dead-redirect",
      severity: "high",
      where,
      message: `The redirect leads to ${last.location.origin}, which does not answer.`,
      fix: "Redirect to an address that browsers can reach. Behind a proxy, let the application know by which name the browser came.",
    };
  } else if (last.location !== undefined) {
    yield {
      code: "redirect-loop",
      severity: "high",
      where,
      message: "After ten redirects there is still another one.",
      fix: "Look whether a cookie that the redirect waits for is refused, or whether the application takes https for http behind its proxy.",
    };
  } else if (last.url.protocol === "http:" && !isLoopback(last.url.hostname)) {
    yield {
      code: "plain-http",
      severity: "high",
      where,
      message:
        "The page is served over plain http: everybody on the way reads and changes it, with its cookies.",
      fix: "Serve it over https, and redirect http to https.",
    };
  }
}

function* faultsOf(exchange: Exchange): Generator<Fault> {
  const { url, location, set } = exchange;
  if (location === undefined) return;
  const where = requestOf(exchange);
  if (url.protocol === "https:" && location.protocol === "http:") {
    yield {
      code: "redirect-to-http",
      severity: "high",
      where,
      message: "The redirect leads from https to plain http, which loses every Secure cookie.",
      fix: "Redirect to https. Behind a proxy, let the application know that the browser came over https.",
    };
  }
  if (url.protocol === "http:" && set.length > 0 && location.protocol === "https:") {
    yield {
      code: "cookie-before-https",
      severity: "medium",
      where,
      message:
        "The redirect from http to https sets a cookie, which everybody on the way can read or replace.",
      fix: "Redirect to https before anything else, and set cookies there.",
    };
  }
  if (set.length > 0 && siteOf(url) !== siteOf(location)) {
    yield {
      code: "cookie-on-way-out",
      severity: "medium",
      where,
      message:
        "A redirect to another site sets a cookie. Browsers that guard against trackers on the way may drop it or forget it soon.",
      fix: "Set the cookie in an answer that stays on the site.",
    };
  }
}

function siteOf({ hostname }: URL): string {
  return registrableDomain(hostname) ?? hostname;
}

import { systemClock } from "../clock.ts";
import { ConfigError } from "../errors.ts";
import type { RequestContext } from "./context.ts";
import { isIpAddress } from "./kept-cookie.ts";
import { registrableDomain } from "./public-suffix.ts";

/** A context with its defaults filled in, and what browsers ask about it. */
export interface Situation {
  readonly url: URL;
  /** In lower case, without port. */
  readonly host: string;
  readonly isEncrypted: boolean;
  /** Whether the host is this machine, to which plain http is as good as https. */
  readonly isLoopback: boolean;
  /** The site in the address bar, with its scheme. */
  readonly topLevelSite: string;
  /** Whether `url` is of another site than the address bar. http and https of one host are two sites. */
  readonly isThirdParty: boolean;
  /** Whether nothing but http instead of https, or the other way, makes it so. */
  readonly isOtherScheme: boolean;
  /** Whether a page of another site than `url` started the request; http and https of one host are two sites. */
  readonly isFromOtherSite: boolean;
  /** Whether nothing but http instead of https, or the other way, makes it so. */
  readonly isFromOtherScheme: boolean;
  readonly method: string;
  readonly isNavigation: boolean;
  readonly isFromScript: boolean;
  readonly now: Date;
  readonly thirdPartyCookies: "allowed" | "blocked";
}

/** @throws ConfigError for what is no http(s) URL */
export function situationOf(context: RequestContext): Situation {
  const url = readUrl("url", context.url);
  const { isNavigation = context.topLevelUrl === undefined, method = "GET" } = context;
  const topLevel = isNavigation ? url : readUrl("topLevelUrl", context.topLevelUrl ?? url);
  const initiator = initiatorOf(context.initiator, isNavigation ? null : topLevel);
  const isSameHost = siteOf(topLevel) === siteOf(url);
  const isThirdParty = !isSameSite(topLevel, url);
  const isFromOtherSite = initiator !== null && !isSameSite(initiator, url);
  return {
    url,
    host: url.hostname,
    isEncrypted: url.protocol === "https:",
    isLoopback: isLoopback(url.hostname),
    topLevelSite: `${topLevel.protocol}//${siteOf(topLevel)}`,
    isThirdParty,
    isOtherScheme: isThirdParty && isSameHost,
    isFromOtherSite,
    isFromOtherScheme: isFromOtherSite && siteOf(initiator) === siteOf(url),
    method: method.toUpperCase(),
    isNavigation,
    isFromScript: context.isFromScript ?? false,
    now: context.now ?? new Date(systemClock.now()),
    thirdPartyCookies: context.thirdPartyCookies ?? "allowed",
  };
}

/** @see HTML, "schemeful same site" */
function isSameSite(a: URL, b: URL): boolean {
  return a.protocol === b.protocol && siteOf(a) === siteOf(b);
}

/** The registrable domain, or the host where there is none. */
function siteOf({ hostname }: URL): string {
  return registrableDomain(hostname) ?? hostname;
}

export function isLoopback(host: string): boolean {
  if (isIpAddress(host)) return host === "[::1]" || host.startsWith("127.");
  return host === "localhost" || host.endsWith(".localhost");
}

function initiatorOf(initiator: RequestContext["initiator"], byDefault: URL | null): URL | null {
  if (initiator === undefined) return byDefault;
  return initiator === null ? null : readUrl("initiator", initiator);
}

function readUrl(name: string, url: string | URL): URL {
  const read = URL.canParse(url) ? new URL(url) : undefined;
  if (read?.protocol !== "http:" && read?.protocol !== "https:") {
    throw new ConfigError(
      `The ${name} must be a whole URL of http or https, as in https://example.com/path.`,
    );
  }
  return read;
}

import { getDomain, getPublicSuffix } from "tldts";

/** What is listed under "private" (github.io, vercel.app) counts for cookies too. */
const OPTIONS = { allowPrivateDomains: true, validateHostname: false };

/** The part of a host name that one owner registered, `example.co.uk`; undefined for addresses, `localhost` and public suffixes. */
export function registrableDomain(host: string): string | undefined {
  return getDomain(host, OPTIONS) ?? undefined;
}

/** Whether everybody can have names below this one: `com`, `co.uk`, `github.io`, and any name without a dot. */
export function isPublicSuffix(host: string): boolean {
  return getPublicSuffix(host, OPTIONS) === host;
}

import type { RequestFacts } from "../session/request-facts.ts";
import { factsOf } from "../session/plain-request.ts";

/** A request of somebody who looks. */
export interface Look {
  readonly facts: RequestFacts;
  /** Of the address bar, which a proxy may hide from the server. */
  readonly origin: string;
  /** Whether a browser with that address bar keeps cookies that are Secure. */
  readonly isSecure: boolean;
}

/** @param claimed the origin that the page says it has */
export function lookOf(request: Request, claimed: string | null): Look {
  const facts = factsOf(request);
  const { origin, host } = new URL(request.url);
  const isOurs =
    claimed !== null &&
    URL.canParse(claimed) &&
    /^https?:$/.test(new URL(claimed).protocol) &&
    new URL(claimed).host === (facts.host ?? host);
  // A browser that sees https sends the cookie that is meant for it, whatever this connection is.
  const page = isOurs ? new URL(claimed).origin : origin;
  return { facts, origin: page, isSecure: page.startsWith("https:") };
}

import { seconds } from "../clock.ts";
import { MAX_COOKIE_LIFETIME } from "../cookie/attributes.ts";
import type { AcceptedClaim, AcceptedSession, OpenAcceptedFormat } from "./accepted-format.ts";
import type { Timing } from "./timing.ts";

/** What a store notes down of a session that was taken over. It outlives the session, so that the old cookie is not taken a second time. */
export interface AdoptionNote {
  readonly name: string;
  readonly expires: Date;
}

/** The note is needed for as long as the old cookie is good. What is gone where it was is good for nothing. */
export function adoptionNote(
  format: OpenAcceptedFormat,
  { origin }: AcceptedClaim,
  { expires = Number.POSITIVE_INFINITY }: Pick<AcceptedSession, "expires">,
  timing: Timing,
): AdoptionNote {
  const now = seconds(timing.clock);
  const longest = now + (format.end === undefined ? MAX_COOKIE_LIFETIME : timing.lifetime);
  return {
    name: adoptionName(format, origin),
    // A second more than the old cookie, whose end may lie within one.
    expires: new Date(Math.min(longest, Math.ceil(expires) + 1) * 1000),
  };
}

/** The note's name. */
export function adoptionName({ cookies: [{ name }] }: OpenAcceptedFormat, origin: string): string {
  return `adopted ${name} ${origin}`;
}

import { seconds } from "../clock.ts";
import type { Refusal } from "../codec/index.ts";
import { MalformedError, TooLargeError } from "../errors.ts";
import type {
  AcceptedFormat,
  AcceptedSession,
  ForeignCookie,
  OpenAcceptedFormat,
} from "./accepted-format.ts";
import type { Events } from "./events.ts";

/** Longer ones come from no browser, and are refused before any work is done on them. */
const MAX_TEXT = 16_384;

/** What a cookie that holds a whole session turned out to be. */
type CookieVerdict =
  | { readonly origin: string; readonly session: AcceptedSession; readonly refused?: undefined }
  | { readonly refused: Refusal };

/** How sessions look that another program keeps in cookies. */
interface CookieForm {
  readonly program: string;
  readonly cookies: readonly [ForeignCookie, ...ForeignCookie[]];
  readonly find: OpenAcceptedFormat["find"];
  /**
   * @param now seconds since 1970
   * @throws MalformedError | TooLargeError for what cannot be read
   */
  read(text: string, now: number): CookieVerdict;
}

/** A format in which the cookie is the whole session. */
export function acceptedCookie({ program, cookies, find, read }: CookieForm): AcceptedFormat {
  return {
    open: ({ timing, events }) => ({
      program,
      cookies,
      find,
      open(text) {
        const verdict = judge(text, () => read(text, seconds(timing.clock)));
        if (verdict.refused === undefined) return { origin: verdict.origin, read: () => verdict.session };
        refuseForeign(events, program, verdict.refused);
        return undefined;
      },
    }),
  };
}

function judge(text: string, read: () => CookieVerdict): CookieVerdict {
  if (text.length > MAX_TEXT) return { refused: "too_large" };
  try {
    return read();
  } catch (error) {
    if (error instanceof TooLargeError) return { refused: "too_large" };
    if (error instanceof MalformedError) return { refused: "malformed" };
    throw error;
  }
}

/** Tells why a cookie of another program's is no session. */
export function refuseForeign(events: Events, program: string, refusal: Refusal): void {
  events.emit(`token.${refusal}`, `A cookie of ${program}'s ${REASONS[refusal]}.`);
}

const REASONS: Readonly<Record<Refusal, string>> = {
  bad_mac: "was not made with a key that is accepted, or was changed",
  unknown_key: "names a key that is not configured",
  expired: "has expired",
  future: "is not good yet: compare the machines' clocks",
  malformed: "is not of the form that was expected, or holds what cannot be read",
  too_large: "is larger than the limit",
};

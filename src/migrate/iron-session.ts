import { decodedValue } from "../cookie/decoded-value.ts";
import { isDict } from "../encoding/plain.ts";
import { type AcceptedFormat, acceptedCookie } from "../session/index.ts";
import type { SentValues } from "../session/accepted-format.ts";
import { isSeal, openSeal, passwordMap } from "./iron.ts";
import { type AcceptOptions, acceptedSession, beside, oldCookie, type WithPermanence } from "./options.ts";

export interface AcceptIronSessionOptions extends AcceptOptions, WithPermanence {
  /** iron-session's: one of at least 32 characters, or several by their numbers; all of them are accepted. */
  readonly password: string | Readonly<Record<string, string>> | undefined;
  /** Whether the old cookie had a Max-Age, which iron-session gives it by default. Default: true. */
  readonly permanent?: boolean | undefined;
}

/** iron-session 9 splits what is too long into so many cookies. */
const CHUNKS = 4;

/**
 * Takes over the sessions of iron-session 6 to 9: a seal of iron's, in one cookie or in chunks. When it ends stands in it.
 *
 * @example accept: [acceptIronSession({ cookie: "app", password: process.env.OLD_PASSWORD, user: (data) => data.userId })]
 * @throws ConfigError for a password that iron would refuse
 */
export function acceptIronSession(options: AcceptIronSessionOptions): AcceptedFormat {
  const { password, permanent = true } = options;
  const passwords = passwordMap(typeof password === "object" ? password : { 1: password });
  const cookie = oldCookie(options.cookie);
  const chunks = Array.from({ length: CHUNKS }, (_, i) => beside(options.cookie, `${cookie.name}.${i}`));
  return acceptedCookie({
    program: "iron-session",
    cookies: [cookie, ...chunks],
    find(sent) {
      const whole = sent(cookie.name);
      const values =
        whole.length > 0
          ? whole
          : [
              joined(
                chunks.map(({ name }) => name),
                sent,
              ),
            ];
      return values.map(decodedValue).filter(isSeal);
    },
    read(seal, now) {
      const opened = openSeal(seal, passwords, now);
      if (opened.refused !== undefined) return opened;
      const { origin, value, expires } = opened;
      if (!isDict(value)) return { refused: "malformed" };
      return { origin, session: acceptedSession(value, options, { permanent, expires }) };
    },
  });
}

/** The chunks up to the first one that is missing. */
function joined(names: readonly string[], sent: SentValues): string {
  const parts = names.map((name) => sent(name)[0]);
  const end = parts.indexOf(undefined);
  return parts.slice(0, end < 0 ? undefined : end).join("");
}

import { constantTimeEqualText } from "../crypto/equal.ts";
import { Hmac } from "../crypto/hmac.ts";
import { ConfigError } from "../errors.ts";
import { type AcceptedFormat, acceptedCookie } from "../session/index.ts";
import { parseDict } from "./json.ts";
import { type AcceptOptions, acceptedSession, beside, oldCookie, type WithPermanence } from "./options.ts";

/** What {@link acceptCookieSession} needs of the application's old configuration. */
export interface AcceptCookieSessionOptions extends Partial<AcceptOptions>, WithPermanence {
  /** cookie-session's `keys`, or its `secret` in a list. All of them are accepted. */
  readonly keys: readonly (string | undefined)[];
}

/** The base64 of a JSON object. */
const VALUE = /^e[yw3][A-Za-z0-9+/]*={0,2}$/;
/** HMAC-SHA-1 in keygrip's base64url. */
const SIGNATURE = /^[\w-]{27}$/;

/**
 * Takes over the sessions of cookie-session: a cookie with base64 of JSON, and one beside it, `….sig`, with keygrip's HMAC-SHA-1 of it.
 *
 * @param options.cookie Default: `session`
 * @example accept: [acceptCookieSession({ keys: [process.env.OLD_KEY], user: (data) => data.userId })]
 * @throws ConfigError without keys
 */
export function acceptCookieSession(options: AcceptCookieSessionOptions): AcceptedFormat {
  const { keys, cookie: old = "session", permanent } = options;
  const isKey = (key: unknown): key is string => typeof key === "string" && key !== "";
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isKey))
    throw new ConfigError("acceptCookieSession needs the keys that cookie-session signs with: keys: [key].");
  const macs = keys.map((key) => new Hmac("sha1", Buffer.from(key, "utf8")));
  const cookie = oldCookie(old);
  const signature = beside(old, `${cookie.name}.sig`);
  return acceptedCookie({
    program: "cookie-session",
    cookies: [cookie, signature],
    find(sent) {
      const values = sent(cookie.name).filter((value) => VALUE.test(value));
      const codes = sent(signature.name).filter((code) => SIGNATURE.test(code));
      return values.flatMap((value) => codes.map((code) => `${code}${value}`));
    },
    read(text) {
      const [code, value] = [text.slice(0, 27), text.slice(27)];
      const signed = `${cookie.name}=${value}`;
      if (!macs.some((mac) => constantTimeEqualText(mac.computeText(signed), code)))
        return { refused: "bad_mac" };
      const data = parseDict(Buffer.from(value, "base64"));
      return { origin: value, session: acceptedSession(data, options, { permanent }) };
    },
  });
}

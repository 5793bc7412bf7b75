import { LEEWAY } from "../clock.ts";
import type { Dict } from "../codec/index.ts";
import { type AcceptedFormat, acceptedCookie } from "../session/index.ts";
import { parseDict } from "./json.ts";
import { type JwtAlgorithm, type JwtKey, jwtVerifier } from "./jws.ts";
import {
  type AcceptOptions,
  acceptedSession,
  type OldData,
  oldCookie,
  type WithPermanence,
} from "./options.ts";
import { decodeBase64url } from "../encoding/base64url.ts";
import { isDict } from "../encoding/plain.ts";

export interface AcceptJwtOptions extends AcceptOptions, WithPermanence {
  /** The one algorithm that is accepted, whatever a token says of itself. */
  readonly algorithm: JwtAlgorithm;
  /** For HS…: the secret, of which a string stands for its UTF-8 bytes. For the others: a KeyObject of Node's, from `createPublicKey`. */
  readonly key: JwtKey | undefined;
  /**
   * The session's data, made of the claims; undefined where the token is none for a session, by its audience or purpose. Default: all
   * claims but the registered ones (`iss`, `sub`, `aud`, `exp`, `nbf`, `iat`, `jti`).
   */
  readonly data?: ((claims: OldData) => Record<string, unknown> | undefined) | undefined;
  /** Who is logged in, by the claims. Default: `sub`. */
  readonly user?: ((claims: OldData) => string | undefined) | undefined;
}

/** A header, claims and a signature; JSON begins with a brace. */
const FORM = /^e[\w-]+\.e[\w-]{7,}\.[\w-]{22,}$/;
const REGISTERED = new Set(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]);

/**
 * Takes over sessions that are a signed JWT (RFC 7519) in a cookie. `exp` and `nbf` are checked.
 *
 * @example accept: [acceptJwt({ cookie: "token", algorithm: "HS256", key: process.env.JWT_SECRET })]
 * @throws ConfigError for a key that the algorithm cannot have
 */
export function acceptJwt(options: AcceptJwtOptions): AcceptedFormat {
  const { algorithm, permanent, data: dataOf = unregistered, user = subject } = options;
  const isGenuine = jwtVerifier(algorithm, options.key);
  const cookie = oldCookie(options.cookie);
  return acceptedCookie({
    program: "JWT",
    cookies: [cookie],
    find: (sent) => sent(cookie.name).filter((value) => FORM.test(value)),
    read(token, now) {
      const [head, body, code] = token.split(".") as [string, string, string];
      const origin = `${head}.${body}`;
      if (!isGenuine(origin, decodeBase64url(code))) return { refused: "bad_mac" };
      const header = parseDict(decodeBase64url(head));
      if (header["alg"] !== algorithm || header["crit"] !== undefined) return { refused: "malformed" };
      const claims = parseDict(decodeBase64url(body));
      const [expires, begins] = [timeOf(claims, "exp"), timeOf(claims, "nbf")];
      if (expires === false || begins === false) return { refused: "malformed" };
      if (expires !== undefined && expires <= now) return { refused: "expired" };
      if (begins !== undefined && begins > now + LEEWAY) return { refused: "future" };
      const data = dataOf(claims);
      if (!isDict(data)) return { refused: "malformed" };
      return {
        origin,
        session: acceptedSession(data, { user: () => user(claims) }, { permanent, expires }),
      };
    },
  });
}

/** Seconds since 1970; false for what is no time. */
function timeOf(claims: Dict, name: string): number | undefined | false {
  const time = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return time === undefined || (typeof time === "number" && Number.isFinite(time)) ? time : false;
}

function unregistered(claims: Dict): Dict {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !REGISTERED.has(name)));
}

/** RFC 7519 wants text; many an application has put in a number. */
function subject({ sub }: Dict): string | number | undefined {
  return typeof sub === "string" || typeof sub === "number" ? sub : undefined;
}

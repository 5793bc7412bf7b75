import { decodedValue } from "../cookie/decoded-value.ts";
import { ConfigError } from "../errors.ts";
import { type AcceptedFormat, acceptedCookie } from "../session/index.ts";
import { parseDict } from "./json.ts";
import { type AcceptOptions, acceptedSession, oldCookie, type WithPermanence } from "./options.ts";
import { type OldKey, type Sodium, secretKeys, secretboxOpener } from "./sodium.ts";

/** What {@link acceptSecureSession} needs of the application's old configuration. */
export interface AcceptSecureSessionOptions extends Partial<AcceptOptions>, WithPermanence {
  /** What opens libsodium's boxes: `sodium-native`, which @fastify/secure-session has brought, or `tweetnacl`. */
  readonly sodium: Sodium;
  /** @fastify/secure-session's: 32 bytes, or their base64; or a list of which all are accepted. */
  readonly key?: OldKey | readonly OldKey[] | undefined;
  /** @fastify/secure-session's, in the place of a key. It is stretched once, at the start, which takes half a second and 256 MiB. */
  readonly secret?: string | Uint8Array | undefined;
  /** @fastify/secure-session's: 16 bytes. Default: its own. */
  readonly salt?: string | Uint8Array | undefined;
  /** @fastify/secure-session's: seconds. Default: 86401. */
  readonly expiry?: number | undefined;
}

/** The box, and the nonce of 24 bytes. */
const FORM = /^[A-Za-z0-9+/]{24,}={0,2};[A-Za-z0-9+/]{32}$/;
const TIME = "__ts";

/**
 * Takes over the sessions of @fastify/secure-session: JSON in a secretbox of libsodium's (XSalsa20-Poly1305).
 *
 * @param options.cookie Default: `session`
 * @example accept: [acceptSecureSession({ sodium, key: readFileSync("secret-key"), user: (data) => data.userId })]
 * @throws ConfigError without sodium or a key
 */
export function acceptSecureSession(options: AcceptSecureSessionOptions): AcceptedFormat {
  const { cookie: old = "session", expiry = 86_401, permanent } = options;
  if (!Number.isFinite(expiry) || expiry <= 0)
    throw new ConfigError("expiry must be a number of seconds above 0.");
  const cookie = oldCookie(old);
  const open = secretboxOpener(options.sodium);
  const keys = secretKeys(options);
  return acceptedCookie({
    program: "@fastify/secure-session",
    cookies: [cookie],
    find: (sent) =>
      sent(cookie.name)
        .map(decodedValue)
        .filter((value) => FORM.test(value)),
    read(value, now) {
      const [box, nonce] = value.split(";").map((part) => Buffer.from(part, "base64")) as [Buffer, Buffer];
      if (`${box.toString("base64")};${nonce.toString("base64")}` !== value) return { refused: "malformed" };
      const plain = keys.reduce<Uint8Array | undefined>(
        (found, key) => found ?? open(box, nonce, key),
        undefined,
      );
      if (plain === undefined) return { refused: "bad_mac" };
      const { [TIME]: time, ...data } = parseDict(plain);
      // Old releases wrote no time.
      const expires = typeof time === "number" ? time + expiry : undefined;
      if (expires !== undefined && expires <= now) return { refused: "expired" };
      return { origin: value, session: acceptedSession(data, options, { permanent, expires }) };
    },
  });
}

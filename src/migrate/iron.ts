import type { Refusal } from "../codec/index.ts";
import { decryptCbc, ironKey } from "../crypto/cbc.ts";
import { constantTimeEqualText } from "../crypto/equal.ts";
import { Hmac } from "../crypto/hmac.ts";
import { decodeBase64url } from "../encoding/base64url.ts";
import { ConfigError } from "../errors.ts";
import { parseJson } from "./json.ts";

/** The MAC format, the password's ID, two salts in hexadecimal, the IV, the ciphertext, the end, and the MAC; iron-session adds a version. */
const FORM = /^Fe26\.2\*\w*\*[0-9a-f]{64}\*[\w-]{22}\*[\w-]+\*\d*\*[0-9a-f]{64}\*[\w-]{43}(?:~\d+)?$/;

/** iron refuses shorter ones. */
const MIN_PASSWORD = 32;
/** Seconds that iron forgives, because clocks differ. */
const SKEW = 60;

/** A seal that a password has made. */
export interface OpenedSeal {
  /** All that its MAC speaks for. */
  readonly origin: string;
  readonly value: unknown;
  /** When it ends, in seconds since 1970. */
  readonly expires: number | undefined;
  readonly refused?: undefined;
}

/** Whether a text looks like a seal of iron's. */
export function isSeal(text: string): boolean {
  return FORM.test(text);
}

/** Passwords by their ID. @throws ConfigError */
export function passwordMap(
  passwords: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [id, password] of Object.entries(passwords)) {
    if (typeof password !== "string" || password.length < MIN_PASSWORD)
      throw new ConfigError(`iron's passwords have at least ${MIN_PASSWORD} characters.`);
    map.set(id, password);
  }
  if (map.size === 0) throw new ConfigError("There is no password to open iron's seals with.");
  return map;
}

/**
 * Opens a seal of iron's with its defaults: AES-256-CBC, then HMAC-SHA-256, with keys that PBKDF2 makes of a password.
 *
 * @param now seconds since 1970
 * @throws MalformedError
 */
export function openSeal(
  seal: string,
  passwords: ReadonlyMap<string, string>,
  now: number,
): OpenedSeal | { readonly refused: Refusal } {
  // The version is not authenticated, so nothing may follow from it.
  const sealed = seal.split("~")[0]!;
  const [, id, salt, iv, encrypted, end, macSalt, code] = sealed.split("*") as string[];
  const password = passwords.get(id || "default");
  if (password === undefined) return { refused: "unknown_key" };
  const origin = sealed.slice(0, sealed.length - macSalt!.length - code!.length - 2);
  const mac = new Hmac("sha256", ironKey(password, macSalt!));
  if (!constantTimeEqualText(mac.computeText(origin), code!)) return { refused: "bad_mac" };
  const expires = end === "" ? undefined : Number(end) / 1000 + SKEW;
  if (expires !== undefined && expires <= now) return { refused: "expired" };
  const plain = decryptCbc(ironKey(password, salt!), decodeBase64url(iv!), decodeBase64url(encrypted!));
  return { origin, value: parseJson(plain), expires };
}

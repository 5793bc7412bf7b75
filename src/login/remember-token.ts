import { constantTimeEqualText } from "../crypto/equal.ts";
import { Hmac } from "../crypto/hmac.ts";
import { ConfigError } from "../errors.ts";
import type { SecretKey } from "../signer/index.ts";

/**
 * Flask-Login's `encode_cookie`: a text, `|`, and 128 hexadecimal digits of HMAC-SHA-512. It has no time stamp, so it is good for as long
 * as the key is.
 *
 * @param key Flask's SECRET_KEY. Text stands for its Latin-1 bytes here, and not for those of UTF-8 as in the session's signature
 * @throws ConfigError for a key that Latin-1 cannot write, where Python raises UnicodeEncodeError
 * @throws TypeError for a lone surrogate, where Python raises UnicodeEncodeError
 * @see flask_login/utils.py `encode_cookie`
 * @example encodeCookie("1", "deterministic") // "1|0e9e6e98…"
 */
export function encodeCookie(payload: string, key: SecretKey): string {
  if (/[\ud800-\udfff]/u.test(payload))
    throw new TypeError("The text holds a lone surrogate, which UTF-8 cannot encode.");
  return `${payload}|${digest(payload, key)}`;
}

/**
 * Flask-Login's `decode_cookie`: the text of a cookie that {@link encodeCookie} made with this key; undefined for every other one.
 *
 * @throws ConfigError as {@link encodeCookie}
 * @see flask_login/utils.py `decode_cookie`
 */
export function decodeCookie(cookie: string, key: SecretKey): string | undefined {
  const at = cookie.lastIndexOf("|");
  if (at < 0) return undefined;
  const payload = cookie.slice(0, at);
  return constantTimeEqualText(digest(payload, key), cookie.slice(at + 1)) ? payload : undefined;
}

function digest(payload: string, key: SecretKey): string {
  return Buffer.from(new Hmac("sha512", keyBytes(key)).compute(payload)).toString("hex");
}

function keyBytes(key: SecretKey): Uint8Array {
  if (typeof key !== "string") return key;
  if (/[^\x00-\xff]/.test(key))
    throw new ConfigError(
      "Flask-Login signs its cookie with SECRET_KEY in Latin-1, which cannot write this one. Use a key of ASCII characters on both sides.",
    );
  return Buffer.from(key, "latin1");
}

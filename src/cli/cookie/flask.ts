import type { DigestName } from "../../crypto/digest.ts";
import { decodeBase64urlLenient } from "../../encoding/base64url.ts";
import { decodeUtf8 } from "../../encoding/utf8.ts";
import { inflate } from "../../encoding/zlib.ts";
import { ConfigError, MalformedError, TooLargeError } from "../../errors.ts";
import { decodeCookie } from "../../login/remember-token.ts";
import { type KeyDerivation, Signer, TimestampSigner } from "../../signer/index.ts";
import { parseTimestamp } from "../../signer/timestamp.ts";
import { asJson } from "../json-text.ts";
import { EVERYBODY, type Finding, type Inspection, keyThat } from "./finding.ts";

/** A use of itsdangerous, by what keeps its tokens apart from others. */
interface Use {
  readonly format: string;
  readonly salt: string;
  readonly keyDerivation: KeyDerivation;
}

const TIMED: readonly Use[] = [
  { format: "Flask's session cookie", salt: "cookie-session", keyDerivation: "hmac" },
  { format: "Flask-WTF's CSRF token", salt: "wtf-csrf-token", keyDerivation: "django-concat" },
  { format: "a timed token of itsdangerous'", salt: "itsdangerous", keyDerivation: "django-concat" },
];

const UNTIMED: readonly Use[] = [
  { format: "Flask-Session's signed ID", salt: "flask-session", keyDerivation: "hmac" },
  { format: "a token of itsdangerous'", salt: "itsdangerous", keyDerivation: "django-concat" },
];

/** The digest by the length of its signature in base64url. */
const DIGESTS: Readonly<Record<number, DigestName>> = {
  22: "md5",
  27: "sha1",
  38: "sha224",
  43: "sha256",
  64: "sha384",
  86: "sha512",
};

const TIMED_FORM = /^\.?[\w-]+=*\.([\w-]{6,7})\.[\w-]+$/;
const UNTIMED_FORM = /^\.?[\w-]+=*\.[\w-]{27}$/;
const REMEMBER_FORM = /^.{1,512}\|[0-9a-f]{128}$/s;
/** Nothing was signed before. */
const FIRST = 1_200_000_000;
const MAX_PAYLOAD = 1024 * 1024;

/** Flask's session cookie, ours that is signed like it, and other tokens of itsdangerous' with a time. */
export function timedToken(cookie: Inspection): Finding | undefined {
  const made = parseTimestamp(TIMED_FORM.exec(cookie.value)?.[1] ?? "");
  if (made === undefined || made < FIRST) return undefined;
  return token(cookie, withSalt(TIMED, cookie.salt), TimestampSigner, made);
}

/** Tokens of itsdangerous' without a time. */
export function untimedToken(cookie: Inspection): Finding | undefined {
  return UNTIMED_FORM.test(cookie.value) ? token(cookie, withSalt(UNTIMED, cookie.salt), Signer) : undefined;
}

function withSalt(uses: readonly Use[], salt: string | undefined): readonly Use[] {
  if (salt === undefined) return uses;
  const format = "a token of itsdangerous' with the salt that was given";
  return (["hmac", "django-concat"] as const).map((keyDerivation) => ({ format, salt, keyDerivation }));
}

function token(
  { value, keys }: Inspection,
  uses: readonly Use[],
  Kind: typeof Signer | typeof TimestampSigner,
  made?: number,
): Finding {
  const digest = DIGESTS[value.length - value.lastIndexOf(".") - 1];
  const payload = value.slice(0, value.split(".", value.startsWith(".") ? 2 : 1).join(".").length);
  const known = {
    format: uses[0]!.format,
    readable: EVERYBODY,
    isKeyed: true,
    made,
    content: contentOf(payload),
  };
  if (digest === undefined)
    return {
      ...known,
      problem: "its signature has a length that none has: it was cut, or something was added",
    };
  const signed = uses.flatMap((use) => {
    const key = keyThat(keys, (one) => new Kind(one, { ...use, digest }).validate(value));
    return key === undefined ? [] : [{ format: use.format, key }];
  })[0];
  return { ...known, ...signed, facts: { algorithm: `HMAC-${digest.replace("sha", "SHA-").toUpperCase()}` } };
}

function contentOf(payload: string): string | undefined {
  try {
    const packed = payload.startsWith(".");
    const bytes = decodeBase64urlLenient(packed ? payload.slice(1) : payload);
    return asJson(decodeUtf8(packed ? inflate(bytes, MAX_PAYLOAD) : bytes));
  } catch (error) {
    if (error instanceof MalformedError || error instanceof TooLargeError) return undefined;
    throw error;
  }
}

/** Flask-Login's remember_token. */
export function rememberToken({ value, keys }: Inspection): Finding | undefined {
  if (!REMEMBER_FORM.test(value)) return undefined;
  return {
    format: "Flask-Login's remember_token",
    readable: EVERYBODY,
    isKeyed: true,
    key: keyThat(keys, (key) => isRemembered(value, key)),
    facts: { algorithm: "HMAC-SHA-512" },
    content: JSON.stringify({ user: value.slice(0, value.lastIndexOf("|")) }),
  };
}

function isRemembered(value: string, key: string): boolean {
  try {
    return decodeCookie(value, key) !== undefined;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

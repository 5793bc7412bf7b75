import { decodedValue } from "../../cookie/decoded-value.ts";
import { constantTimeEqualText } from "../../crypto/equal.ts";
import { Hmac } from "../../crypto/hmac.ts";
import { Signatures } from "../../express-session/signature.ts";
import { asJson } from "../json-text.ts";
import { EVERYBODY, type Finding, type Inspection, keyThat } from "./finding.ts";

const EXPRESS_FORM = /^s:.+\.[A-Za-z0-9+/]{43}$/s;
const FASTIFY_FORM = /^[^;]{1,512}\.[A-Za-z0-9+/]{43}$/;
const BASE64_FORM = /^e[yw3][A-Za-z0-9+/]*={0,2}$/;

/** What `cookie-signature` signs: express-session's ID, and signed cookies of cookie-parser's. */
export function expressCookie({ value, keys }: Inspection): Finding | undefined {
  const text = decodedValue(value);
  if (!EXPRESS_FORM.test(text)) return undefined;
  return {
    format: "express-session's signed ID, or a signed cookie of cookie-parser's",
    readable: EVERYBODY,
    isKeyed: true,
    key: keyThat(keys, (key) => new Signatures([key]).unsign(text) !== undefined),
    facts: { algorithm: "HMAC-SHA-256" },
    content: asJson(text.slice(2, text.lastIndexOf(".")).replace(/^j:/, "")),
  };
}

/** What @fastify/cookie signs, also for @fastify/session. */
export function fastifyCookie({ value, keys }: Inspection): Finding | undefined {
  const text = decodedValue(value);
  if (!FASTIFY_FORM.test(text)) return undefined;
  return {
    format: "@fastify/session's signed ID, or a signed cookie of @fastify/cookie's",
    readable: EVERYBODY,
    isKeyed: true,
    key: keyThat(keys, (key) => new Signatures([key]).unsign(`s:${text}`) !== undefined),
    facts: { algorithm: "HMAC-SHA-256" },
    content: asJson(text.slice(0, text.lastIndexOf("."))),
  };
}

/** cookie-session: JSON in base64, and its signature in a cookie beside it. */
export function cookieSession({ name, value, cookies, keys }: Inspection): Finding | undefined {
  if (!BASE64_FORM.test(value)) return undefined;
  const json = asJson(Buffer.from(value, "base64").toString("utf8"));
  if (!json.startsWith("{")) return undefined;
  const code = cookies.find((other) => name !== undefined && other.name === `${name}.sig`)?.value;
  const signed = `${name}=${value}`;
  return {
    format: "cookie-session's JSON in base64",
    readable: EVERYBODY,
    isKeyed: true,
    key:
      code === undefined
        ? undefined
        : keyThat(keys, (key) =>
            constantTimeEqualText(new Hmac("sha1", Buffer.from(key, "utf8")).computeText(signed), code),
          ),
    problem:
      code === undefined
        ? "its signature is in another cookie, NAME.sig: give the whole Cookie header"
        : undefined,
    facts: { algorithm: "HMAC-SHA-1" },
    content: json,
  };
}

/** The signature that stands beside a cookie of cookie-session's. */
export function keygripSignature({ name, value, cookies }: Inspection): Finding | undefined {
  const isBeside = name?.endsWith(".sig") === true && cookies.some((other) => `${other.name}.sig` === name);
  if (!isBeside || !/^[\w-]{27}$/.test(value)) return undefined;
  return {
    format: "a signature of keygrip's, for the cookie beside it",
    readable: EVERYBODY,
    isKeyed: false,
  };
}

import { readPublicKey } from "../../crypto/public-key.ts";
import { decodeBase64url } from "../../encoding/base64url.ts";
import { decodeUtf8 } from "../../encoding/utf8.ts";
import { ConfigError, MalformedError } from "../../errors.ts";
import { type JwtAlgorithm, jwtVerifier } from "../../migrate/jws.ts";
import { APPLICATION, EVERYBODY, type Finding, type Inspection, keyThat } from "./finding.ts";

const SIGNED_FORM = /^e[\w-]+\.[\w-]*\.[\w-]*$/;
const ENCRYPTED_FORM = /^e[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/;

/** A JSON web token: signed (RFC 7515), or encrypted (RFC 7516). */
export function jsonWebToken({ value, keys }: Inspection): Finding | undefined {
  const isSigned = SIGNED_FORM.test(value);
  if (!isSigned && !ENCRYPTED_FORM.test(value)) return undefined;
  const [head, body, code] = value.split(".") as [string, string, string];
  const header = dictIn(head);
  const alg = header?.["alg"];
  if (typeof alg !== "string") return undefined;
  const facts = Object.fromEntries(
    ["alg", "enc", "kid"].flatMap((name) =>
      typeof header![name] === "string" ? [[name, header![name] as string]] : [],
    ),
  );
  if (!isSigned)
    return {
      format: "an encrypted JWT (JWE)",
      readable: APPLICATION,
      isKeyed: true,
      facts,
      problem: "what is encrypted is not opened here",
    };
  const claims = dictIn(body);
  const isNone = alg.toLowerCase() === "none";
  return {
    format: "a JWT (JWS)",
    readable: EVERYBODY,
    isKeyed: true,
    key: keyThat(keys, (key) => isGenuine(alg, key, `${head}.${body}`, code)),
    problem: isNone ? "it says that it has no signature (alg none), so everybody can make it" : undefined,
    made: timeIn(claims, "iat"),
    ends: timeIn(claims, "exp"),
    facts,
    content: claims === undefined ? undefined : textOf(body),
  };
}

function isGenuine(algorithm: string, key: string, text: string, code: string): boolean {
  try {
    const verifying = algorithm.startsWith("HS") ? key : readPublicKey(key);
    return (
      verifying !== undefined &&
      jwtVerifier(algorithm as JwtAlgorithm, verifying)(text, decodeBase64url(code))
    );
  } catch (error) {
    if (error instanceof ConfigError || error instanceof MalformedError) return false;
    throw error;
  }
}

function dictIn(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(textOf(part));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function textOf(part: string): string {
  return decodeUtf8(decodeBase64url(part));
}

function timeIn(claims: Record<string, unknown> | undefined, name: string): number | undefined {
  const time = claims?.[name];
  return typeof time === "number" && Number.isFinite(time) ? time : undefined;
}

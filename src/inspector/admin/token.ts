import { digestText } from "../../crypto/digest.ts";
import { constantTimeEqualText } from "../../crypto/equal.ts";
import { randomBytes } from "../../crypto/random.ts";
import { findCookies, stringifySetCookie } from "../../cookie/index.ts";
import { encodeBase64url } from "../../encoding/base64url.ts";
import { factsOf } from "../../session/plain-request.ts";
import { isPlainLoopback } from "../../session/request-facts.ts";

const COOKIE = "hipflask-admin";

/** What a form must bring: it follows from a cookie that no other site can read or, but for localhost, set. Any process can check it. */
export interface FormToken {
  readonly text: string;
  /** The Set-Cookie header for a browser that has no such cookie yet. */
  readonly setCookie: string | undefined;
}

export function formToken(request: Request): FormToken {
  const known = secretOf(request);
  if (known !== undefined) return { text: tokenOf(known), setCookie: undefined };
  const secret = encodeBase64url(randomBytes(32));
  const name = cookieOf(request);
  const attributes = { path: "/", httpOnly: true, sameSite: "strict", secure: name !== COOKIE } as const;
  return { text: tokenOf(secret), setCookie: stringifySetCookie(name, secret, attributes) };
}

/** Whether a form was made for the browser that sends it. */
export function isGoodToken(request: Request, text: string | null): boolean {
  const secret = secretOf(request);
  return secret !== undefined && text !== null && constantTimeEqualText(text, tokenOf(secret));
}

function secretOf(request: Request): string | undefined {
  const [secret] = findCookies(request.headers.get("Cookie"), cookieOf(request));
  return secret !== undefined && /^[\w-]{43}$/.test(secret) ? secret : undefined;
}

/** What it is called: as with the session's own, only on this machine there is no use for Secure. */
function cookieOf(request: Request): string {
  return isPlainLoopback(factsOf(request)) ? COOKIE : `__Host-${COOKIE}`;
}

function tokenOf(secret: string): string {
  return digestText("sha256", Buffer.from(`hipflask admin form ${secret}`, "latin1"), "base64url");
}

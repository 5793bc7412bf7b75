import { digestText } from "../../crypto/digest.ts";
import { constantTimeEqualText } from "../../crypto/equal.ts";
import { randomBytes } from "../../crypto/random.ts";
import { findCookies, stringifySetCookie } from "../../cookie/index.ts";
import { encodeBase64url } from "../../encoding/base64url.ts";

const COOKIE = "hipflask-admin";

/** What a form must bring: it follows from a cookie that no other site can read or, over https, set. Any process can check it. */
export interface FormToken {
  readonly text: string;
  /** The Set-Cookie header for a browser that has no such cookie yet. */
  readonly setCookie: string | undefined;
}

/** @param path where the cookie is sent; over https it is `/`, because of its prefix */
export function formToken(request: Request, path: string): FormToken {
  const known = secretOf(request);
  if (known !== undefined) return { text: tokenOf(known), setCookie: undefined };
  const secret = encodeBase64url(randomBytes(32));
  const attributes = { httpOnly: true, sameSite: "strict" } as const;
  const setCookie = isSecure(request)
    ? stringifySetCookie(`__Host-${COOKIE}`, secret, { ...attributes, secure: true, path: "/" })
    : stringifySetCookie(COOKIE, secret, { ...attributes, path });
  return { text: tokenOf(secret), setCookie };
}

/** Whether a form was made for the browser that sends it. */
export function isGoodToken(request: Request, text: string | null): boolean {
  const secret = secretOf(request);
  return secret !== undefined && text !== null && constantTimeEqualText(text, tokenOf(secret));
}

function secretOf(request: Request): string | undefined {
  const name = isSecure(request) ? `__Host-${COOKIE}` : COOKIE;
  const [secret] = findCookies(request.headers.get("Cookie"), name);
  return secret !== undefined && /^[\w-]{43}$/.test(secret) ? secret : undefined;
}

function isSecure(request: Request): boolean {
  return request.url.startsWith("https:");
}

function tokenOf(secret: string): string {
  return digestText("sha256", Buffer.from(`hipflask admin form ${secret}`, "latin1"), "base64url");
}

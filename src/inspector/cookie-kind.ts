import { decodeBase64url } from "../encoding/base64url.ts";
import { COPY_SUFFIX } from "../session/server-side/cookie-copies.ts";
import type { CookieKind, Part } from "./report.ts";

/** What a value looks like. Only its form is looked at: whether it is genuine, the owner of the key knows. */
export interface CookieForm {
  readonly kind: CookieKind;
  readonly format: string;
  /** Its stretches, for who wants to change one of them. */
  parts(value: string): Part[];
}

const B64 = "[A-Za-z0-9_-]";

/** The first whose form fits. */
const FORMS: readonly (readonly [RegExp, CookieForm])[] = [
  [new RegExp(`^A[Q-Za-f]${B64}{144,}$`), form("encrypted", "hipflask, encrypted", encryptedParts)],
  [/^Fe26\.2\*/, form("encrypted", "iron-session, encrypted")],
  [
    new RegExp(`^${B64}+\\.${B64}*\\.${B64}+\\.${B64}+\\.${B64}+$`),
    form("encrypted", "JWE, encrypted", dotted()),
  ],
  [
    new RegExp(`^eyJ${B64}+\\.eyJ${B64}+\\.${B64}+$`),
    form("signed", "JWT, signed; everybody can read it", dotted("header", "payload", "signature")),
  ],
  [
    new RegExp(`^\\.?${B64}+=*\\.${B64}{6,7}\\.${B64}{22,}$`),
    form("signed", "Flask, signed; everybody can read it", dotted("payload", "time", "signature")),
  ],
  [
    /^s(?::|%3[Aa])[^.]+\.[^.]{20,}$/,
    form("signed", "express-session: a signed ID", dotted("ID", "signature")),
  ],
  [
    new RegExp(`^${B64}{43}(?:\\.${B64}{22})?$`),
    form("opaque", "an ID: what it stands for is on the server", dotted("ID", "user's tag")),
  ],
];

const READABLE = form("readable", "plain text; everybody can read and change it");
const ENCODED = form("readable", "encoded, neither signed nor encrypted");
const OPAQUE = form("opaque", "a token of an unknown form");

export function formOf(value: string): CookieForm {
  const found = FORMS.find(([pattern]) => pattern.test(value));
  if (found !== undefined) return found[1];
  if (value.includes("%") || isEncodedText(value)) return ENCODED;
  return value.length >= 20 && /^[\w.~+/=-]+$/.test(value) && /\d/.test(value) ? OPAQUE : READABLE;
}

function form(kind: CookieKind, format: string, parts = dotted("value")): CookieForm {
  return { kind, format, parts };
}

/** Parts between dots; those that are left over have no name of their own. */
function dotted(...names: string[]): (value: string) => Part[] {
  return (value) => {
    let start = value.startsWith(".") ? 1 : 0;
    const texts = value.slice(start).split(".");
    // A value that has one part is one, whatever is in it.
    if (names.length === 1) return [{ name: names[0]!, start: 0, end: value.length }];
    return texts.map((text, i) => {
      const part = { name: names[i] ?? `part ${i + 1}`, start, end: start + text.length };
      start = part.end + 1;
      return part;
    });
  };
}

/** The bytes of docs/encrypted-cookie.md: version, key ID, nonce, ciphertext, tag. */
function encryptedParts(value: string): Part[] {
  const at = (byte: number): number => Math.ceil((byte * 4) / 3);
  const tag = Math.floor(((Math.floor((value.length * 3) / 4) - 16) * 4) / 3);
  return [
    { name: "version", start: 0, end: 1 },
    { name: "key ID", start: 2, end: at(5) - 1 },
    { name: "nonce", start: at(5), end: at(29) },
    { name: "ciphertext", start: at(29), end: tag },
    { name: "tag", start: tag + 1, end: value.length },
  ];
}

/** Whether it is base64 of text that people can read. */
function isEncodedText(value: string): boolean {
  if (value.length < 16 || !/^[\w+/-]+={0,2}$/.test(value)) return false;
  const bytes = Buffer.from(value, "base64");
  return bytes.length > 8 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}

/** Whether a cookie is the session's own, or the second to fourth of several that a large one takes. */
export function isSessionCookie(name: string, session: string): boolean {
  return name.startsWith(session) && /^(?:\.[2-4])?$/.test(name.slice(session.length));
}

/** Whether a cookie is the copy that `hybrid` keeps beside the session's own. */
export function isCopyCookie(name: string, session: string): boolean {
  return name === session + COPY_SUFFIX;
}

/** The ID of the key that an encrypted cookie of ours names, which says nothing of the key. */
export function keyIdOf(value: string): string {
  return Buffer.from(decodeBase64url(value.slice(0, 8)).subarray(1, 5)).toString("hex");
}

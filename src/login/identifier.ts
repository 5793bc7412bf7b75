import { digest } from "../crypto/digest.ts";
import { isAsciiSpace, strip } from "../encoding/strip.ts";

/** What Flask-Login knows a browser by. Headers as HTTP libraries give them: one character per byte. */
export interface BrowserFacts {
  readonly address: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly userAgent: string | undefined;
}

/** The release of Flask-Login whose rules are followed. */
export type FlaskLoginVersion = "0.6" | "0.7";

/**
 * Flask-Login's session identifier, `_id`: SHA-512, in hexadecimal digits, of the address and the User-Agent.
 *
 * Releases 0.6 and before take the first entry of X-Forwarded-For for the address, whoever sent it, and write both as Python shows bytes:
 * `b'127.0.0.1'|b'curl/8'`. Release 0.7 writes `127.0.0.1|curl/8`.
 *
 * @see flask_login/utils.py `_create_identifier`
 */
export function sessionIdentifier(
  { address, forwardedFor, userAgent }: BrowserFacts,
  version: FlaskLoginVersion,
): string {
  const text =
    version === "0.7"
      ? `${address ?? "None"}|${userAgent ?? ""}`
      : `${bytesRepr(firstOf(forwardedFor ?? address))}|${bytesRepr(utf8(userAgent))}`;
  return Buffer.from(digest("sha512", Buffer.from(text, "utf8"))).toString("hex");
}

/** Each byte as a character. */
function utf8(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, "utf8").toString("latin1");
}

/** Python's `address.encode("utf-8").split(b",")[0].strip()`. */
function firstOf(addresses: string | undefined): string | undefined {
  const first = utf8(addresses)?.split(",", 1)[0];
  return first === undefined ? undefined : strip(first, isAsciiSpace);
}

/** Python's `repr` of bytes, or of None. */
function bytesRepr(bytes: string | undefined): string {
  if (bytes === undefined) return "None";
  const quote = bytes.includes("'") && !bytes.includes('"') ? '"' : "'";
  const escaped = bytes.replace(/[^ -~]|[\\'"]/g, (char) => {
    if (char === "\\" || char === quote) return `\\${char}`;
    if (char === "'" || char === '"') return char;
    return SHORT[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `b${quote}${escaped}${quote}`;
}

const SHORT: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

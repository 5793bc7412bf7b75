import { CookieError } from "../errors.ts";

// RFC 3454 appendix B.1: characters that nameprep maps to nothing
const MAPPED_TO_NOTHING =
  /\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200b-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/gu;
const NON_ASCII = /[^\x00-\x7f]/;
const MAX_LABEL = 63;

/**
 * A cookie's domain as Werkzeug writes it: cut at the port, without leading dots, through Python's `idna` codec
 * (Lib/encodings/idna.py, IDNA2003: `faß.de` becomes `fass.de`). ASCII labels keep their case.
 *
 * Unlike the codec it folds by today's Unicode instead of 3.2 (Cherokee has lower case since), leaves the rules on
 * right-to-left and forbidden characters to the platform's URL parser, and refuses a non-ASCII label that holds ASCII
 * other than letters, digits, `-` and `_`.
 *
 * @throws CookieError where Python raises UnicodeError
 */
export function werkzeugDomain(domain: string): string {
  const host = domain.split(":", 1)[0]!.replace(/^\.+/, "");
  const isAscii = !NON_ASCII.test(host);
  const labels = host.split(isAscii ? "." : /[.\u3002\uff0e\uff61]/);
  const rest = labels.at(-1) === "" ? labels.slice(0, -1) : labels;
  const encoded = rest.map((label) => checkLength(NON_ASCII.test(label) ? toAscii(label) : label));
  return rest.length === labels.length ? encoded.join(".") : encoded.concat("").join(".");
}

function toAscii(label: string): string {
  const prepared = nameprep(label);
  if (!NON_ASCII.test(prepared)) return prepared;
  if (prepared.startsWith("xn--") || /[^-a-z0-9_\u0080-\u{10ffff}]/u.test(prepared)) throw badDomain();
  try {
    return new URL(`http://${prepared}`).hostname;
  } catch {
    throw badDomain();
  }
}

/** RFC 3491: maps, folds the case and normalizes. */
function nameprep(label: string): string {
  const folded = Array.from(label.replace(MAPPED_TO_NOTHING, ""), (char) =>
    foldCase(foldCase(char).normalize("NFKC")).normalize("NFKC"),
  );
  return folded.join("").normalize("NFKC");
}

/** RFC 3454 appendix B.3. The dotless i is its own lower case. */
function foldCase(text: string): string {
  return Array.from(text, (char) => (char === "\u0131" ? char : char.toUpperCase().toLowerCase())).join("");
}

function checkLength(label: string): string {
  if (label === "" || label.length > MAX_LABEL) throw badDomain();
  return label;
}

function badDomain(): CookieError {
  return new CookieError("The cookie's domain is no host name that IDNA can write.");
}

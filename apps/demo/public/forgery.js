const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * The session cookie with one character changed. In a signed payload that is, where there is one, a character behind which
 * a letter or digit becomes its neighbour, so that the payload still reads well.
 *
 * @param {{ value: string, parts: { payload?: string, id?: string, sealed?: string } }} cookie
 */
export function changeOneCharacter({ value, parts: { payload, id, sealed } }) {
  const readable = payload !== undefined && !payload.startsWith(".");
  const at = readable ? neighbourly(payload) : (payload ?? id ?? sealed).length >> 1;
  const character = ALPHABET[Math.max(0, ALPHABET.indexOf(value[at])) ^ 1];
  return value.slice(0, at) + character + value.slice(at + 1);
}

/** The last place of a fourth character, whose lowest bit is that of a byte, where that byte is a letter or digit. */
function neighbourly(payload) {
  for (let at = payload.length - (payload.length % 4) - 1; at > 0; at -= 4) {
    const byte = ((ALPHABET.indexOf(payload[at - 1]) & 3) << 6) | ALPHABET.indexOf(payload[at]);
    if (/^[0-9a-z]{2}$/i.test(String.fromCharCode(byte, byte ^ 1))) return at;
  }
  return payload.length >> 1;
}

/**
 * What a cheat would write into a cookie.
 *
 * @param {any} cookie one of /inspect
 */
export function suggestEdit(cookie) {
  if (cookie.kind === "session ID") return guessedId();
  if (cookie.kind === "signed session") return forgedSession(cookie);
  if (cookie.kind === "encrypted session") return changeOneCharacter(cookie);
  return { total: "1", theme: "light", mouse: "Cat" }[cookie.name] ?? "Mallory";
}

/** Of 2²⁵⁶ IDs, one. */
function guessedId() {
  return [...crypto.getRandomValues(new Uint8Array(43))].map((byte) => ALPHABET[byte & 63]).join("");
}

/** Another payload before the old timestamp and signature. */
function forgedSession({ payload, parts }) {
  const wish = payload?.total === undefined ? { count: 999 } : { total: 1 };
  const bytes = new TextEncoder().encode(JSON.stringify({ ...payload, ...wish }));
  const text = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
  return `${text}.${parts.timestamp}.${parts.signature}`;
}

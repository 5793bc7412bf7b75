/** Any origin: a path that stays on it stays on every one. */
const ORIGIN = "http://origin.invalid";

/**
 * Where to go after a login, from a request: `next`, if it is a path on this very site, and `otherwise` if it is anything that a browser may
 * take for another site (`https://evil`, `//evil`, `/\evil`, `/%2F/evil`, `/a/..//evil`, control characters, schemes) or for no path.
 *
 * @param next as it came, from a query or a form: undefined, an array and the like are nothing to go to
 * @param otherwise Default: `/`
 * @returns a path with its query and fragment, ready for a Location header
 * @example safeNext("/account?tab=2") // "/account?tab=2"
 * @example safeNext("//evil.example", "/home") // "/home"
 */
export function safeNext(next: unknown, otherwise = "/"): string {
  return safePath(next) ?? otherwise;
}

/** The path, if it is one on this very site. */
export function safePath(next: unknown): string | undefined {
  // A browser drops tabs and line breaks within a URL and spaces around it, and reads `\` as `/`.
  if (typeof next !== "string" || !/^\/[^\x00-\x20\\\x7f]*$/.test(next)) return undefined;
  if (next.startsWith("//") || !URL.canParse(next, ORIGIN)) return undefined;
  const { origin, pathname, search, hash } = new URL(next, ORIGIN);
  // `/..//evil` has become `//evil`.
  if (origin !== ORIGIN || isAmbiguous(pathname)) return undefined;
  return pathname + search + hash;
}

/** So often nobody encodes a path, and each level goes through all of it. */
const LEVELS = 8;

/** Whether a path begins as a URL of another host does, or would once somebody has decoded it, however often. */
function isAmbiguous(pathname: string): boolean {
  let path = pathname;
  for (let level = 0; level < LEVELS; level++) {
    if (/^\/[/\\]/.test(path) || /[\x00-\x1f\x7f]/.test(path)) return true;
    const before = path;
    path = path.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (path === before) return false;
  }
  return true;
}

import { parseSetCookie } from "../cookie/index.ts";
import { isCopyCookie, isSessionCookie } from "./cookie-kind.ts";
import type { Happening, PathChange } from "./report.ts";

interface Change {
  readonly happenings: readonly Happening[];
  readonly changes: readonly PathChange[];
}

/** What explains the session's cookie, most telling first. */
const REASONS: readonly (readonly [type: string, why: string])[] = [
  ["session.adopted", "The session of another program was taken over."],
  ["session.renewed", "The session got a new ID (regenerate), so the browser needs to know it."],
  ["session.created", "A new session began, because something was written into it."],
];

/** Why a Set-Cookie goes out. */
export function reasonOf(header: string, session: string, { happenings, changes }: Change): string {
  const name = header.slice(0, header.indexOf("="));
  const isDeletion = parseSetCookie(header)?.maxAge === 0 || /;\s*Expires=Thu, 01 Jan 1970/i.test(header);
  if (isCopyCookie(name, session))
    return isDeletion
      ? "There is nothing that it would be a copy of, or that is too large."
      : "It is a copy of the session, so that who reads it need not ask the store for some seconds.";
  if (!isSessionCookie(name, session))
    return isDeletion ? "The application deletes it." : "The application sets it.";
  if (isDeletion && name !== session) return "The session does not need this one (any more).";
  if (isDeletion) return "The session has ended, or nothing is left in it.";
  const found = REASONS.find(([type]) => happenings.some((happening) => happening.type === type));
  if (found !== undefined) return found[1];
  if (changes.length > 0) return "The session's data changed, and its cookie goes out with it.";
  if (happenings.some(({ type }) => type === "token.old_key"))
    return "It was made with a fallback key, and is made anew with the newest one.";
  return "Nothing changed: it is renewed, so that a session in use does not end.";
}

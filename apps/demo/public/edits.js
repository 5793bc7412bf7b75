/** The cookies that the server rewrites for the asking. */
const EDITABLE = new Set(["session", "mouse", "theme", "username", "total", "place"]);

/** @param {{ name: string }} cookie */
export function isEditable({ name }) {
  return EDITABLE.has(name);
}

/** What cookies held before they were edited, so that they can be put back. */
const edits = new Map();

/** @param {string} name */
export function originalOf(name) {
  return edits.get(name)?.original;
}

/**
 * @param {string} name
 * @param {string} before
 * @param {string} now
 */
export function noteEdit(name, before, now) {
  const original = originalOf(name) ?? before;
  if (original === now) edits.delete(name);
  else edits.set(name, { original, now });
}

/**
 * Forgets edits that the server has overwritten since.
 *
 * @param {any[]} cookies of /inspect
 */
export function dropStaleEdits(cookies) {
  for (const [name, { now }] of edits) {
    if (cookies.find((cookie) => cookie.name === name)?.value !== now) edits.delete(name);
  }
}

import { el } from "./dom.js";

/** What Flask, Flask-Login and hipflask mean by keys of their own. */
const NOTES = {
  _auth_at: "when you logged in",
  _created: "when it began",
  _device: "by your browser’s own account",
  _flashes: "messages for the next page",
  _fresh: "logged in just now, not remembered",
  _permanent: "outlives the browser’s session",
  _user_id: "who is logged in",
};

/**
 * JSON data as nested lists.
 *
 * @param {object} data
 */
export function tree(data) {
  const entries = Object.entries(data);
  if (entries.length === 0) return el("p.hint", {}, "Empty.");
  return el("ul.tree", {}, ...entries.map(([key, value]) => branch(key, value, Array.isArray(data))));
}

function branch(key, value, inList) {
  const label = el(inList ? "span.index" : "span.key", {}, `${key}: `);
  const note = !inList && Object.hasOwn(NOTES, key) ? [el("span.note", {}, NOTES[key])] : [];
  if (typeof value === "object" && value !== null) return el("li", {}, label, ...note, tree(value));
  return el(
    "li",
    {},
    label,
    el(`span.value.${value === null ? "null" : typeof value}`, {}, JSON.stringify(value)),
    ...note,
  );
}

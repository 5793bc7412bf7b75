import { el, plural } from "./dom.js";
import { changeButtons, markChanges, noneYet, part, time } from "./pieces.js";
import { tree } from "./tree.js";

/**
 * The way from a cookie with an ID to what the server keeps for it.
 *
 * @param {any} cookie the session cookie of /inspect; undefined where the browser sent none
 * @param {string} store the store's name
 * @param {string | undefined} original its value before it was edited
 * @param {{ start: () => void, change: () => void, restore: () => void }} actions
 * @returns {Node[]}
 */
export function lookup(cookie, store, original, actions) {
  if (cookie === undefined) return noneYet(actions, ". It works like a cloakroom:", cloakroom());
  return [
    status(cookie),
    el("div.journey", {}, ticket(cookie, original), arrow(), counter(cookie, store)),
    changeButtons(original, actions),
  ];
}

function cloakroom() {
  return el(
    "div.journey",
    {},
    part("ticket", "In your browser", "the cookie", el("p", {}, "A ticket with a number on it.")),
    arrow(),
    part("counter", "On the server", "the store", el("p", {}, "Your coat, and whatever is in its pockets.")),
  );
}

function arrow() {
  return el("p.arrow", { "aria-hidden": true }, "→");
}

const REFUSED = {
  "sid.malformed": "This is no ID.",
  "token.expired": "Too old.",
};

function status({ ignored, reason }) {
  if (ignored === undefined)
    return el("p.lede", {}, "It is only a ticket. What the server remembers of you never leaves the server.");
  return el(
    "p.notice.bad",
    { id: "ignored" },
    el("strong", {}, `${REFUSED[ignored] ?? "Unknown ID: no session."} `),
    `${reason} To the server you are a new visitor. `,
    el("code", {}, ignored),
  );
}

function ticket({ value, bytes, parts: { id, user }, ignored }, original) {
  const marked = (text, at) =>
    original?.length === value.length ? markChanges(text, original.slice(at)) : [text];
  const code = el("code.token", { "aria-label": "The cookie’s value", role: "group" });
  code.append(el("span.id", {}, ...marked(id, 0)));
  if (user !== undefined)
    code.append(el("span.dot", {}, "."), el("span.user", {}, ...marked(user, id.length + 1)));
  return part(
    "ticket",
    "In your browser",
    "the cookie",
    code,
    ...meaning(user, ignored),
    figure(plural(bytes, "byte"), "travel with every request, however much is kept"),
  );
}

function meaning(user, ignored) {
  if (ignored === "sid.malformed")
    return [el("p", {}, "Not of the form that an ID has, so the store is not even asked.")];
  const random =
    "An ID: 43 random characters that mean nothing. There is nothing to read in them, and nothing to forge.";
  const tag =
    "After the dot: a tag of the user, the same in all of their sessions, so that the server finds every one.";
  return [el("p", {}, random), ...(user === undefined ? [] : [el("p", {}, tag)])];
}

function counter({ kept }, store) {
  const subtitle = `the store: ${store}`;
  if (kept === undefined)
    return part(
      "counter.wrong",
      "On the server",
      subtitle,
      el("p", {}, el("strong", {}, "✗ Nothing. "), "No session has this ID, so there is nothing to get at."),
    );
  const size = figure(plural(kept.bytes, "byte"), "stay here, where a cookie’s limit of 4,096 means nothing");
  return part("counter", "On the server", subtitle, tree(ownKeysLast(kept.data)), times(kept), size);
}

/** The session's own keys after the application's. */
function ownKeysLast(data) {
  const isOwn = ([key]) => Number(key.startsWith("_"));
  return Object.fromEntries(Object.entries(data).toSorted((a, b) => isOwn(a) - isOwn(b)));
}

function times({ created, last_seen: lastSeen, ends }) {
  const entries = [
    ["Created", created],
    ["Last seen", lastSeen],
    ["Ends", ends],
  ];
  return el(
    "dl.times",
    {},
    ...entries.flatMap(([name, iso]) => [el("dt", {}, name), el("dd", {}, time(iso))]),
  );
}

function figure(amount, text) {
  return el("p.figure", {}, el("strong", {}, amount), " ", text);
}

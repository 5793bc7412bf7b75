import { el } from "./dom.js";
import { changeButtons, markChanges, noneYet, part, sizeBar } from "./pieces.js";
import { tree } from "./tree.js";

/**
 * An encrypted session cookie: what anybody sees of it, and what the server alone reads in it.
 *
 * @param {any} cookie the session cookie of /inspect; undefined where the browser sent none
 * @param {string | undefined} original its value before it was edited
 * @param {{ start: () => void, change: () => void, restore: () => void }} actions
 * @returns {Node[]}
 */
export function sealed(cookie, original, actions) {
  if (cookie === undefined) return noneYet(actions, ": a box, which you carry, and to which it has the key.");
  const { ignored, reason } = cookie;
  const status =
    ignored === undefined
      ? el("p.lede", {}, "Nobody can read it, and nobody can write it, but for the server.")
      : el(
          "p.notice.bad",
          { id: "ignored" },
          el("strong", {}, "Ignored by the server. "),
          `${reason} To the server you are a new visitor. `,
          el("code", {}, ignored),
        );
  return [
    status,
    el("div.journey", {}, box(cookie, original), el("p.arrow", { "aria-hidden": true }, "→"), inside(cookie)),
    sizeBar(cookie),
    changeButtons(original, actions),
  ];
}

function box({ value }, original) {
  const marked = original?.length === value.length ? markChanges(value, original) : [value];
  const code = el("code.token", { "aria-label": "The cookie’s value", role: "group" }, ...marked);
  return part("ticket", "In your browser", "the cookie", code, el("p", {}, "Noise to whoever has no key."));
}

function inside({ payload, ignored }) {
  if (ignored !== undefined)
    return part(
      "counter.wrong",
      "To the server",
      "which has the key",
      el("p", {}, el("strong", {}, "✗ Nothing. "), "One bit is another one, so the box stays shut."),
    );
  return part("counter", "To the server", "which has the key", tree(payload));
}

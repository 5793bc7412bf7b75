import { el, plural } from "./dom.js";
import { isEditable } from "./edits.js";

/**
 * One entry for each cookie that the browser sent.
 *
 * @param {any[]} cookies of /inspect
 * @param {(name: string) => void} edit
 * @returns {Node[]}
 */
export function cookieList(cookies, edit) {
  return cookies.map((cookie) => {
    const { name, value, decoded, bytes } = cookie;
    return el(
      "li",
      {},
      el("h3", {}, el("code", {}, name), badge(cookie), el("span.bytes", {}, plural(bytes, "byte"))),
      el("code.raw", {}, value === "" ? "(empty)" : value),
      ...(decoded === undefined ? [] : [el("p.hint", {}, `stands for “${decoded}”`)]),
      ...(isEditable(cookie)
        ? [
            el(
              "button.small",
              { type: "button", "aria-label": `Edit ${name}`, onclick: () => edit(name) },
              "Edit",
            ),
          ]
        : []),
    );
  });
}

function badge({ name, kind, ignored }) {
  if (name.startsWith("remember")) return el("span.badge.signed", {}, "knows you tomorrow");
  if (kind === "plain") return el("span.badge.plain", {}, "readable and editable");
  if (kind === "session ID")
    return ignored === undefined
      ? el("span.badge.signed", {}, "an ID, unreadable")
      : el("span.badge.wrong", {}, "leads nowhere");
  if (kind === "encrypted session")
    return ignored === undefined
      ? el("span.badge.signed", {}, "encrypted, unreadable")
      : el("span.badge.wrong", {}, "encrypted, ignored");
  if (ignored === undefined) return el("span.badge.signed", {}, "readable, signed");
  return el("span.badge.wrong", {}, "signed, ignored");
}

/** @param {any[]} cookies of /inspect */
export function summary(cookies) {
  if (cookies.length === 0) return "No cookie at all. Press some buttons, and come back.";
  const bytes = cookies.reduce((sum, cookie) => sum + cookie.bytes, 0);
  return `${plural(cookies.length, "cookie")}, ${plural(bytes, "byte")}, and again with every request.`;
}

import { el, plural } from "./dom.js";

const instant = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** @param {string} iso */
export function time(iso) {
  return el("time", { dateTime: iso }, instant.format(new Date(iso)));
}

/**
 * The characters of `text`, marked where they were others before.
 *
 * @param {string} text
 * @param {string} before
 */
export function markChanges(text, before) {
  return [...text].map((character, i) =>
    character === before[i] ? character : el("mark", { title: `was ${before[i]}` }, character),
  );
}

/**
 * @param {string} name its classes, after dots
 * @param {string} title
 * @param {string} subtitle
 * @param {...(Node | string)} content
 */
export function part(name, title, subtitle, ...content) {
  return el(`section.part.${name}`, {}, el("h3", {}, title, el("span.subtitle", {}, subtitle)), ...content);
}

/**
 * Where the browser sent no session cookie.
 *
 * @param {{ start: () => void }} actions
 * @param {string} end of the sentence
 * @param {...Node} more
 * @returns {Node[]}
 */
export function noneYet({ start }, what, ...more) {
  const sentence = `Your browser sent none yet. The server gives you one as soon as it has something to remember${what}`;
  const button = el(
    "button.primary",
    { type: "button", id: "start", onclick: start },
    "Get a session: count a visit",
  );
  return [el("p.lede", {}, sentence), ...more, el("div.row", {}, button)];
}

/**
 * @param {string | undefined} original the cookie's value before it was edited
 * @param {{ change: () => void, restore: () => void }} actions
 */
export function changeButtons(original, { change, restore }) {
  return el(
    "div.row",
    {},
    el("button.primary", { type: "button", id: "change-one", onclick: change }, "Change one character"),
    el(
      "button",
      { type: "button", id: "put-back", onclick: restore, disabled: original === undefined },
      "Put it back",
    ),
  );
}

/**
 * How much of what browsers keep a cookie has used up.
 *
 * @param {{ bytes: number, limit: number }} cookie
 */
export function sizeBar({ bytes, limit }) {
  const fill = el("span");
  fill.style.inlineSize = `${Math.max(0.5, (100 * bytes) / limit)}%`;
  const text = `${plural(bytes, "byte")} of ${limit.toLocaleString("en")} that browsers keep`;
  const meter = el(
    "div.meter",
    {
      role: "meter",
      "aria-valuenow": bytes,
      "aria-valuemin": 0,
      "aria-valuemax": limit,
      "aria-label": "Size",
      "aria-valuetext": text,
    },
    fill,
  );
  return el("div.size", {}, meter, el("p", { "aria-hidden": true }, text));
}

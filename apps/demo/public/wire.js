import { byId, el, plural } from "./dom.js";

const wide = matchMedia("(min-width: 64rem)");

/** Beside the page there is room for the panel, below it only for its first line. */
export function startWire() {
  const settle = () => (byId("wire").open = wide.matches);
  settle();
  wide.addEventListener("change", settle);
}

/**
 * Shows a request and its response.
 *
 * @param {Awaited<ReturnType<import("./api.js").send>>} exchange
 */
export function showExchange({ method, path, status, json, setCookies }) {
  const cookies = setCookies.length === 0 ? "no cookie set" : `${plural(setCookies.length, "cookie")} set`;
  byId("wire-line").replaceChildren(
    el("code", {}, `${method} ${decodeURI(path)}`),
    " ",
    el(status < 400 ? "span.status.good" : "span.status.bad", {}, String(status)),
    ` ${cookies}`,
  );
  byId("announcement").textContent = `${method} ${decodeURI(path)} answered ${status}, ${cookies}.`;
  byId("wire-body").replaceChildren(
    el("h3", {}, "Set-Cookie"),
    ...(setCookies.length === 0
      ? [el("p.hint", {}, "None: the browser’s cookies stay as they are.")]
      : setCookies.map(setCookieLine)),
    el("h3", {}, "Body"),
    el(
      "pre",
      { tabIndex: 0, "aria-label": "The response’s JSON", role: "group" },
      JSON.stringify(json, null, 2),
    ),
  );
}

function setCookieLine(header) {
  const [pair, ...attributes] = header.split(/(?<=;) /);
  const equals = pair.indexOf("=");
  return el(
    "code.set-cookie",
    {},
    el("b", {}, pair.slice(0, equals)),
    pair.slice(equals),
    ...attributes.flatMap((attribute) => [" ", el("span.attribute", {}, attribute)]),
  );
}

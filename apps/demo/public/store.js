import { byId, el, money } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {any} store the answer of /store
 * @param {(item: string) => void} buy
 */
export function renderStore({ products, cart, totals }, buy) {
  const list = byId("products");
  if (list.childElementCount === 0) list.append(...products.map((product) => card(product, buy)));
  const lines = cart.map(({ name, quantity }) => `${quantity} × ${name}`);
  byId("cart").textContent =
    lines.length === 0 ? "Your cart is empty." : `In your cart: ${lines.join(", ")}.`;
  byId("total-cookie").textContent = money(totals.cookie);
  byId("total-session").textContent = money(totals.session);
  const differ = totals.cookie !== totals.session;
  byId("totals-note").textContent = differ
    ? "They disagree. One of the two was not written by the store."
    : "";
}

function card({ item, name, price }, buy) {
  return el(
    "li",
    {},
    icon(item),
    el("span.name", {}, name),
    el("span.price", {}, money(price)),
    el("button.small", { type: "button", "aria-label": `Buy ${name}`, onclick: () => buy(item) }, "Buy"),
  );
}

function icon(item) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  svg.firstChild.setAttribute("href", `/products.svg#${item}`);
  return svg;
}

/** @param {{ pay: { by_cookie: number, by_session: number }, message: string }} answer of /store/checkout */
export function receipt({ pay, message }) {
  if (pay.by_cookie < pay.by_session) {
    return `${message} Had the store trusted the cookie, it would be ${money(pay.by_session - pay.by_cookie)} poorer.`;
  }
  return message;
}

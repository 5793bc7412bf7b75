/**
 * An element with properties and children; texts become text, never HTML.
 *
 * @param {string} tag a tag and, after dots, its classes: "p.hint.small"
 * @param {Record<string, unknown>} properties names with a dash are set as attributes
 * @param {...(Node | string)} children
 */
export function el(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") element.setAttribute(key, String(value));
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

/** @param {string} id */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

const euros = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "EUR",
  trailingZeroDisplay: "stripIfInteger",
});

/** @param {number} amount */
export function money(amount) {
  return euros.format(amount);
}

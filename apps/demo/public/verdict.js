import { money } from "./dom.js";

/**
 * What the server made of an edited cookie, in plain words.
 *
 * @param {any} cookie as /inspect has it after the edit; undefined where the browser keeps none
 * @param {{ cookie: number }} totals of /store
 * @param {boolean} restored the edit put back what was there before
 * @returns {{ good: boolean, text: string }} good: good for the server
 */
export function verdictOn(cookie, totals, restored) {
  if (cookie === undefined) return { good: true, text: "The browser kept no such cookie." };
  if (restored) return { good: true, text: `Restored: ${cookie.name} is again what the server had set.` };
  if (cookie.kind === "plain")
    return {
      good: false,
      text: `Believed. ${belief(cookie, totals)} A plain cookie is whatever the visitor says it is.`,
    };
  if (cookie.kind === "session ID") return { good: cookie.ignored !== undefined, text: verdictOnId(cookie) };
  if (cookie.ignored !== undefined) {
    return {
      good: true,
      text: `Ignored (${cookie.ignored}). ${cookie.reason} Nothing in it counts: to the server you are a new visitor.`,
    };
  }
  return {
    good: true,
    text: "Accepted, because the server wrote exactly this. That says who wrote it, not that it is the newest.",
  };
}

function verdictOnId({ ignored }) {
  if (ignored === undefined)
    return "Accepted: there is a session with this ID, and whoever has the ID has the session. So it must stay a secret.";
  const why = ignored === "sid.malformed" ? "This is no ID, so" : "Unknown ID: no session. So";
  return `${why} to the server you are a new visitor (${ignored}). There is nothing in an ID to edit; another one could only be guessed, and there are 2²⁵⁶ of them.`;
}

function belief({ name, value, decoded }, totals) {
  if (name === "total") return `The store takes your total to be ${money(totals.cookie)}.`;
  return `The server takes ${name} to be “${decoded ?? value}”.`;
}

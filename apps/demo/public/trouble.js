import { byId } from "./dom.js";

/** The server answers, and says why it cannot do more. */
export class Outage extends Error {}

/** @param {unknown} error */
export function showTrouble(error) {
  const what =
    error instanceof Outage ? error.message : "The server does not answer. Is the demo still running?";
  const text = `${what} This page tries again by itself.`;
  const notice = byId("offline");
  // Said again, it would be read out again.
  if (notice.hidden || notice.textContent !== text) notice.textContent = text;
  notice.hidden = false;
}

export function endTrouble() {
  byId("offline").hidden = true;
}

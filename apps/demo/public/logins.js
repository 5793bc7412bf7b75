import { byId, el } from "./dom.js";
import { time } from "./pieces.js";

/**
 * Where the user is logged in.
 *
 * @param {any[]} logins of /logins
 */
export function renderLogins(logins) {
  byId("logins").hidden = logins.length === 0;
  byId("logins-list").replaceChildren(...logins.map(login));
}

function login({ device, since, last_seen: lastSeen, current }) {
  return el(
    "li",
    {},
    el(
      "strong",
      {},
      device ?? "Some device",
      ...(current ? [" ", el("span.badge.signed", {}, "this one")] : []),
    ),
    el("span", {}, "since ", time(since)),
    el("span", {}, "last seen ", time(lastSeen)),
  );
}

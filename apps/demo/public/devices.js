import { el } from "./dom.js";
import { time } from "./pieces.js";

/**
 * Where the user is logged in.
 *
 * @param {any[]} list of /account
 * @param {(device: any) => void} end
 * @returns {Node[]}
 */
export function devices(list, end) {
  return list.map((device) => {
    const { device: name, since, last_seen: lastSeen, current } = device;
    const title = name ?? "Some device";
    const label = current ? "Log out here" : `Log out ${title}, last seen ${lastSeen}`;
    return el(
      "li",
      {},
      el("strong", {}, title, ...(current ? [" ", el("span.badge.signed", {}, "this one")] : [])),
      el("span", {}, "since ", time(since)),
      el("span", {}, "last seen ", time(lastSeen)),
      el("button.small", { type: "button", "aria-label": label, onclick: () => end(device) }, "Log out"),
    );
  });
}

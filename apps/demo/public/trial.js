import { send } from "./api.js";
import { show } from "./shell.js";

/** Milliseconds between two looks at whether the stranger's link was followed, and how often. */
const LOOK_AGAIN = 1000;
const LOOKS = 120;

let watch;

/** Has the server set a cookie with these attributes, whatever they are. */
export async function beginTrial(attributes) {
  await send("DELETE", "/attributes");
  const exchange = await send("POST", "/attributes", attributes);
  show(exchange);
  return exchange.json;
}

/**
 * What the browser did with the cookie, as far as it can be seen without anybody's help.
 *
 * @param {{ trial: string }} trial
 * @param {HTMLIFrameElement} frame where the stranger is shown
 */
export async function observe({ trial }, frame) {
  const readable = document.cookie.includes(trial);
  const here = (await send("GET", `/attributes/seen?of=${trial}`)).json.came;
  const elsewhere = (await send("GET", `/elsewhere?of=${trial}`)).json.came;
  await visit(frame, strangerUrl(trial));
  const { stranger } = (await send("GET", `/attributes/trial/${trial}`)).json;
  return { readable, here, elsewhere, stranger, link: undefined, later: undefined };
}

/** Whether the browser still sends it. */
export async function lookLater({ trial }) {
  const { came } = (await send("GET", `/attributes/seen?of=${trial}`)).json;
  return came || (await send("GET", `/elsewhere?of=${trial}`)).json.came;
}

/** This server by another name, which is another site to a browser. */
function strangerUrl(trial) {
  const { protocol, hostname, port } = location;
  const other = hostname === "localhost" ? "127.0.0.1" : "localhost";
  return `${protocol}//${other}:${port}/attributes/stranger?of=${trial}&home=${encodeURIComponent(hostname)}`;
}

/** When it has loaded, its picture has been asked for. */
function visit(frame, url) {
  frame.hidden = false;
  return new Promise((resolve) => {
    frame.addEventListener("load", resolve, { once: true });
    frame.src = url;
  });
}

/** Calls `then` when somebody has followed the stranger's link, unless another trial has begun. */
export function linkFollowed({ trial }, then) {
  clearInterval(watch);
  let looks = 0;
  const mine = setInterval(async () => {
    const { link } = (await send("GET", `/attributes/trial/${trial}`)).json;
    looks += 1;
    if (link === undefined && looks < LOOKS) return;
    clearInterval(mine);
    if (link !== undefined && mine === watch) then(link);
  }, LOOK_AGAIN);
  watch = mine;
}

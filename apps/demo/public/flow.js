import { byId, el, plural } from "./dom.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Milliseconds that a packet travels. */
const TRIP = 420;

/** What a store was asked, in words. */
const OPERATIONS = {
  load: "asks the store for the session",
  create: "puts a new session into the store",
  save: "writes the session over the version that it had read",
  replace: "gives the session a new ID in the store",
  touch: "tells the store that the session was used",
  delete: "takes the session out of the store",
  listOwned: "asks the store for the user’s sessions",
  deleteOwned: "takes the user’s sessions out of the store",
  deleteExpired: "clears sessions away that have ended",
};

let drawing = 0;

/**
 * Draws the way of a request, step by step as it was: with what the browser sent, what the store was asked, and what came back.
 *
 * @param {Awaited<ReturnType<import("./api.js").send>>} exchange
 * @param {{ name: string, bytes: number }[]} sent the cookies that went along
 * @param {{ kind: string, store?: string }} storage
 */
export function drawFlow(exchange, sent, storage) {
  const steps = stepsOf(exchange, sent, storage);
  const items = steps.map(({ text }) => el("li", {}, text));
  const stage = drawStage(storage);
  byId("flow").append(el("ol.steps", { "aria-label": "Step by step" }, ...items));
  if (still.matches) return;
  void play(steps, [...stage.querySelectorAll(".lane")], items);
}

/** Those who take part, before anything has happened. */
export function drawStage({ store }) {
  const nodes = ["Browser", "Server", ...(store === undefined ? [] : [store])];
  const stage = el("div.stage", { "aria-hidden": "true" }, ...nodes.flatMap((name, i) => node(name, i)));
  byId("flow").replaceChildren(stage);
  return stage;
}

function node(name, index) {
  const icon = el(`span.node-icon.${["browser", "server", "store"][index]}`);
  const box = el("div.node", {}, icon, el("span", {}, name));
  return index === 0 ? [box] : [el("div.lane", {}, el("span.packet")), box];
}

/** Each with its lane, 0 or 1, and its direction; what happens on the server has none. */
function stepsOf({ method, path, status, setCookies, storeCalls }, sent, { kind }) {
  const bytes = sent.reduce((sum, cookie) => sum + cookie.bytes, 0);
  const carried = bytes === 0 ? "no cookie" : `${plural(bytes, "byte")} of cookies`;
  const grown = setCookies.reduce((sum, header) => sum + header.split(";")[0].length, 0);
  const answer =
    setCookies.length === 0
      ? "and no cookie: the browser’s stay as they are"
      : `and ${plural(setCookies.length, "cookie")} of ${plural(grown, "byte")}`;
  return [
    { lane: 0, text: `The browser sends ${method} ${decodeURI(path)}, with ${carried}.` },
    ...inside(kind, storeCalls, sent),
    { lane: 0, back: true, text: `The server answers ${status}, ${answer}.` },
  ];
}

function inside(kind, calls, sent) {
  if (kind !== "server") {
    if (!sent.some(({ name }) => name === "session"))
      return [{ text: "The server finds no session cookie: to it, the visitor is a new one." }];
    const opens = kind === "signed" ? "checks the seal of the session cookie" : "opens the session cookie";
    return [{ text: `The server ${opens}. It asks nobody: all is in there.` }];
  }
  if (calls.length === 0) return [{ text: "Nobody needs the session: the store is not asked." }];
  return calls.map(({ operation, outcome }) => ({
    lane: 1,
    failed: outcome !== "ok",
    text: `The server ${OPERATIONS[operation] ?? operation}${outcome === "ok" ? "" : ": no answer"}.`,
  }));
}

async function play(steps, lanes, items) {
  const mine = ++drawing;
  for (const item of items) item.classList.add("to-come");
  for (const [i, step] of steps.entries()) {
    if (mine !== drawing) return;
    items[i].classList.remove("to-come");
    const packet = lanes[step.lane]?.firstElementChild;
    if (packet === undefined) continue;
    packet.classList.toggle("failed", step.failed === true);
    const there = [{ insetInlineStart: "0%" }, { insetInlineStart: "100%" }];
    await travel(packet, step.back ? there.toReversed() : there);
    // What a store is asked it answers.
    if (step.lane === 1 && !step.failed) await travel(packet, there.toReversed());
  }
}

async function travel(packet, keyframes) {
  packet.classList.add("moving");
  await packet.animate(keyframes, { duration: TRIP, easing: "ease-in-out" }).finished.catch(() => {});
  packet.classList.remove("moving");
}

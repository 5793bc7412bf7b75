import { send } from "./api.js";
import { byId } from "./dom.js";
import { dropStaleEdits } from "./edits.js";
import { drawFlow, drawStage } from "./flow.js";
import { applyTheme } from "./theme.js";
import { endTrouble, Outage, showTrouble } from "./trouble.js";
import { showExchange, startWire } from "./wire.js";

/** Milliseconds after which a page tries again to reach what did not answer. */
const RETRY = 1000;

/** What the last /inspect and /account said. */
export const state = { storage: { kind: "signed" }, cookies: [], user: null, account: null };

/** Other windows of this browser share the cookies, so what one does the others show. */
const windows = openChannel();
const renders = [];
let queue = Promise.resolve();
let retry;

/**
 * Starts the page: what all pages show, and `render`, which shows the rest of the state, each time that it may have changed.
 *
 * @param {() => void | Promise<void>} render
 */
export function startPage(render) {
  renders.push(showStorage, showWho, render);
  for (const button of document.querySelectorAll("button[data-path]"))
    button.addEventListener("click", () => press(button.dataset.method ?? "GET", button.dataset.path));
  byId("place").addEventListener("change", () => moveTo(byId("place").value));
  windows?.addEventListener("message", () => inTurn(refresh));
  byId("no-cookies").hidden = keepsCookies();
  startWire();
  inTurn(async () => {
    await listPlaces();
    await refresh();
  });
}

/** Firefox refuses it where it keeps no cookies. */
function openChannel() {
  try {
    return new BroadcastChannel("hipflask-demo");
  } catch {
    return undefined;
  }
}

/** Whether this browser takes a cookie from here. `navigator.cookieEnabled` is true in a Chromium that drops them all. */
function keepsCookies() {
  document.cookie = "probe=1; SameSite=Lax";
  const isKept = document.cookie.includes("probe=1");
  document.cookie = "probe=; Max-Age=0";
  return isKept;
}

/** Runs one piece of work after the other: of two parallel answers, the later one's cookie would win. */
export function inTurn(work) {
  queue = queue.then(work).then(endTrouble, (error) => {
    showTrouble(error);
    clearTimeout(retry);
    retry = setTimeout(() => inTurn(refresh), RETRY);
  });
}

/** Asks for what the page shows. */
export async function look(path) {
  const { status, json } = await send("GET", path);
  if (status === 503) throw new Outage(json.error);
  return json;
}

/** Makes a request, shows it, and looks again at what the browser sends now. */
export async function act(method, path, body) {
  const sent = state.cookies;
  const exchange = await send(method, path, body);
  show(exchange, sent);
  await refresh();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has no other origins
  windows?.postMessage("");
  return exchange;
}

/** Shows a request and its response, and what became of it on the way. */
export function show(exchange, sent = state.cookies) {
  showExchange(exchange);
  drawFlow(exchange, sent, state.storage);
  // What they say is about the state before.
  for (const verdict of document.querySelectorAll(".verdict")) verdict.textContent = "";
  byId("refusal").textContent = "";
}

/** `after` gets the exchange, whatever its status is. */
export function press(method, path, body, after = () => {}) {
  inTurn(async () => after(await act(method, path, body)));
}

export function moveTo(name) {
  press("POST", `/places/${name}`, undefined, async ({ status, json }) => {
    await listPlaces();
    if (status !== 200) byId("refusal").textContent = `Not moved. ${json.error}`;
  });
}

export async function refresh() {
  const report = await look("/inspect");
  const { storage, cookies, user } = report;
  const mayBeKnown = user !== null || cookies.some(({ name }) => name.includes("remember"));
  const account = mayBeKnown ? await look("/account") : { account: null };
  // Who was recalled by a cookie has a session from now on, and who was logged out elsewhere has none.
  const isKnown = account.account !== null;
  const hasChanged = user === null ? isKnown : !isKnown && user.startsWith("account-");
  const now = hasChanged ? await look("/inspect") : report;
  Object.assign(state, { storage, cookies: now.cookies, user: now.user, account });
  dropStaleEdits(state.cookies);
  applyTheme();
  for (const render of renders) await render();
}

export function sessionCookie() {
  return state.cookies.find(({ kind }) => kind !== "plain");
}

/** What the session holds, as far as it can be told. */
export function sessionData() {
  const { ignored, payload, kept } = sessionCookie() ?? {};
  return ignored === undefined ? (payload ?? kept?.data ?? {}) : {};
}

/** Says in an element what came of a request. */
export function sayVerdict(id, good, text) {
  byId(id).className = byId(id).classList.contains("alone") ? "verdict alone" : "verdict";
  byId(id).classList.add(good ? "good" : "bad");
  byId(id).textContent = text;
}

export function onSubmit(id, handle) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    handle();
  });
}

/** Replaces content without taking the keyboard's place away: the same button, by name, is focused again. */
export function keepingFocus(render) {
  const { id, ariaLabel } = document.activeElement ?? {};
  render();
  if (!(id || ariaLabel) || document.activeElement !== document.body) return;
  const same = id ? byId(id) : document.querySelector(`[aria-label="${CSS.escape(ariaLabel)}"]`);
  const next = same?.disabled ? same.parentElement.querySelector("button:enabled") : same;
  (next ?? byId("main")).focus({ preventScroll: true });
}

const NAMES = { signed: "signed", encrypted: "encrypted" };

async function listPlaces() {
  const { places } = await look("/places");
  const option = ({ name, current }) => new Option(NAMES[name] ?? name, name, current, current);
  const group = (label, members) => {
    const element = document.createElement("optgroup");
    element.label = label;
    element.append(...members.map(option));
    return element;
  };
  byId("place").replaceChildren(
    group(
      "a cookie",
      places.filter(({ name }) => NAMES[name]),
    ),
    group(
      "the server’s store",
      places.filter(({ name }) => !NAMES[name]),
    ),
  );
}

function showStorage() {
  const { storage } = state;
  document.documentElement.dataset.storage = storage.kind;
  const name = storage.store ?? storage.kind;
  if (byId("place").value !== name) byId("place").value = name;
  if (byId("flow").childElementCount === 0) drawStage(storage);
}

function showWho() {
  const who = state.account.account ?? state.user;
  byId("who").textContent = who === null ? "Not logged in" : `Logged in as ${who}`;
}

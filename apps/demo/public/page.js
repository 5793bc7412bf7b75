import { anatomy } from "./anatomy.js";
import { send } from "./api.js";
import { burstResult } from "./burst.js";
import { cookieList, summary } from "./cookie-list.js";
import { byId, el, plural } from "./dom.js";
import { dropStaleEdits, noteEdit, originalOf } from "./edits.js";
import { changeOneCharacter, suggestEdit } from "./forgery.js";
import { renderLogins } from "./logins.js";
import { lookup } from "./lookup.js";
import { receipt, renderStore } from "./store.js";
import { applyTheme } from "./theme.js";
import { endTrouble, Outage, showTrouble } from "./trouble.js";
import { verdictOn } from "./verdict.js";
import { showExchange, startWire } from "./wire.js";

/** Milliseconds after which the page tries again to reach what did not answer. */
const RETRY = 1000;

/** What the last /inspect and the last /store said. */
let storage = { kind: "signed" };
let cookies = [];
let user = null;
let totals = { cookie: 0, session: 0 };
let queue = Promise.resolve();
let retry;

/** Runs one piece of work after the other: of two parallel answers, the later one's cookie would win. */
function inTurn(work) {
  queue = queue.then(work).then(endTrouble, (error) => {
    showTrouble(error);
    clearTimeout(retry);
    retry = setTimeout(() => inTurn(refresh), RETRY);
  });
}

/** Asks for what the page shows. */
async function look(path) {
  const { status, json } = await send("GET", path);
  if (status === 503) throw new Outage(json.error);
  return json;
}

/** Makes a request, shows it, and looks again at what the browser sends now. */
async function act(method, path, body) {
  const exchange = await send(method, path, body);
  showExchange(exchange);
  clearVerdicts();
  await refresh();
  return exchange;
}

/** What they say is about the state before. */
function clearVerdicts() {
  for (const id of ["verdict", "receipt", "burst-result"]) byId(id).textContent = "";
}

function press(method, path, body, after = () => {}) {
  inTurn(async () => {
    const exchange = await act(method, path, body);
    if (exchange.status === 200) after(exchange);
  });
}

async function refresh() {
  const [report, store] = [await look("/inspect"), await look("/store")];
  const isStored = report.storage.kind === "server";
  const { logins } = report.storage.lists ? await look("/logins") : { logins: [] };
  ({ storage, cookies, user } = report);
  totals = store.totals;
  dropStaleEdits(cookies);
  applyTheme();
  showStorage();
  byId("who").textContent = user === null ? "Not logged in" : `Logged in as ${user}`;
  byId("sent-summary").textContent = summary(cookies);
  keepingFocus(() => {
    byId("cookies").replaceChildren(...cookieList(cookies, startEditing));
    byId("anatomy").replaceChildren(...sessionView(isStored));
    renderLogins(logins);
  });
  renderStore(store, (item) => press("POST", `/store/buy/${item}`));
  showWaiting();
  renderEdit();
}

function showStorage() {
  document.documentElement.dataset.storage = storage.kind;
  byId("storage").textContent =
    storage.kind === "server" ? `Kept on the server: ${storage.store}` : "Kept in the cookie";
  byId("storage").hidden = false;
}

function sessionView(isStored) {
  const [cookie, original] = [sessionCookie(), originalOf("session")];
  return isStored
    ? lookup(cookie, storage.store, original, sessionActions)
    : anatomy(cookie, original, sessionActions);
}

function showWaiting() {
  const { ignored, payload, kept } = sessionCookie() ?? {};
  const flashes = ignored === undefined ? ((payload ?? kept?.data)?._flashes?.length ?? 0) : 0;
  byId("waiting").textContent = flashes === 0 ? "" : `${plural(flashes, "message")} waiting in the session.`;
}

/** Replaces content without taking the keyboard's place away: the same button, by name, is focused again. */
function keepingFocus(render) {
  const { id, ariaLabel } = document.activeElement ?? {};
  render();
  if (!(id || ariaLabel) || document.activeElement !== document.body) return;
  const same = id ? byId(id) : document.querySelector(`[aria-label="${CSS.escape(ariaLabel)}"]`);
  const next = same?.disabled ? same.parentElement.querySelector("button:enabled") : same;
  (next ?? byId("main")).focus({ preventScroll: true });
}

function sessionCookie() {
  return cookies.find(({ kind }) => kind !== "plain");
}

const sessionActions = {
  start: () => press("GET", "/sessions/count"),
  change: () => writeCookie("session", changeOneCharacter(sessionCookie())),
  restore: () => writeCookie("session", originalOf("session")),
};

// Editing

function renderEdit() {
  const select = byId("edit-name");
  const chosen = select.value;
  select.replaceChildren(...cookies.map(({ name }) => el("option", { value: name }, name)));
  if (cookies.some(({ name }) => name === chosen)) select.value = chosen;
  byId("edit").hidden = cookies.length === 0;
  showChosen();
}

function chosenCookie() {
  return cookies.find(({ name }) => name === byId("edit-name").value);
}

function showChosen() {
  byId("edit-value").value = chosenCookie()?.value ?? "";
  byId("edit-restore").disabled = originalOf(byId("edit-name").value) === undefined;
}

function startEditing(name) {
  byId("edit-name").value = name;
  showChosen();
  byId("edit-value").focus();
}

function restore(name) {
  writeCookie(name, originalOf(name));
  byId("edit-value").focus({ preventScroll: true });
}

function writeCookie(name, value) {
  byId("edit-name").value = name;
  inTurn(async () => {
    const before = cookies.find((cookie) => cookie.name === name)?.value ?? "";
    const exchange = await send("POST", "/tamper", { name, value });
    showExchange(exchange);
    if (exchange.status === 200) noteEdit(name, before, value);
    await refresh();
    sayVerdict(exchange, name);
  });
}

function sayVerdict({ status, json }, name) {
  const { good, text } =
    status === 200
      ? verdictOn(
          cookies.find((cookie) => cookie.name === name),
          totals,
          originalOf(name) === undefined,
        )
      : { good: true, text: `Not written. ${json.error}` };
  showVerdict("verdict", good, text);
}

function showVerdict(id, good, text) {
  byId(id).className = `verdict ${good ? "good" : "bad"}`;
  byId(id).textContent = text;
}

byId("edit-name").addEventListener("change", showChosen);
byId("edit-suggest").addEventListener(
  "click",
  () => (byId("edit-value").value = suggestEdit(chosenCookie())),
);
byId("edit-restore").addEventListener("click", () => restore(chosenCookie().name));
onSubmit("edit", () => writeCookie(byId("edit-name").value, byId("edit-value").value));

// Requests, store, login and messages

for (const button of document.querySelectorAll("button[data-path]")) {
  button.addEventListener("click", () => press(button.dataset.method ?? "GET", button.dataset.path));
}

onSubmit("username-form", () => press("GET", `/set?username=${encodeURIComponent(byId("username").value)}`));
onSubmit("login-form", () => press("POST", "/login", { name: byId("login-name").value }));
onSubmit("flash-form", () => press("POST", "/flash", { message: byId("flash-message").value }));

byId("login-elsewhere").addEventListener("click", () =>
  inTurn(async () => {
    // Without cookies to and fro this is a login of some other browser.
    const phone = { name: user, device: "Phone in your pocket" };
    showExchange(await send("POST", "/login", phone, "omit"));
    await refresh();
  }),
);

byId("burst").addEventListener("click", () =>
  inTurn(async () => {
    // Twenty visitors without a cookie would get a session each.
    await look("/sessions/hello");
    const exchanges = await Promise.all(Array.from({ length: 20 }, () => send("GET", "/sessions/count")));
    showExchange(exchanges.at(-1));
    clearVerdicts();
    await refresh();
    const { good, text } = burstResult(exchanges);
    showVerdict("burst-result", good, text);
  }),
);

byId("checkout").addEventListener("click", () =>
  press("POST", "/store/checkout", undefined, ({ json }) => (byId("receipt").textContent = receipt(json))),
);

byId("show-flashes").addEventListener("click", () =>
  press("GET", "/flashes", undefined, ({ json: { flashes } }) => {
    const shown = flashes.map(({ category, message }) =>
      el(`li.${category === "success" ? "success" : "message"}`, {}, message),
    );
    byId("flashes").replaceChildren(
      ...(shown.length > 0 ? shown : [el("li.none", {}, "No messages: each is shown once.")]),
    );
  }),
);

function onSubmit(id, handle) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    handle();
  });
}

startWire();
inTurn(refresh);

import { anatomy } from "./anatomy.js";
import { send } from "./api.js";
import { cookieList, summary } from "./cookie-list.js";
import { byId, el, plural } from "./dom.js";
import { dropStaleEdits, noteEdit, originalOf } from "./edits.js";
import { changeOneCharacter, suggestEdit } from "./forgery.js";
import { receipt, renderStore } from "./store.js";
import { applyTheme } from "./theme.js";
import { verdictOn } from "./verdict.js";
import { showExchange, startWire } from "./wire.js";

/** The cookies of the last /inspect, and the totals of the last /store. */
let cookies = [];
let totals = { cookie: 0, session: 0 };
let queue = Promise.resolve();

/** Runs one piece of work after the other: of two parallel answers, the later one's session would win. */
function inTurn(work) {
  queue = queue.then(work).then(
    () => (byId("offline").hidden = true),
    () => (byId("offline").hidden = false),
  );
}

/** Makes a request, shows it, and looks again at what the browser sends now. */
async function act(method, path, body) {
  const exchange = await send(method, path, body);
  showExchange(exchange);
  // What they say is about the state before.
  byId("verdict").textContent = byId("receipt").textContent = "";
  await refresh();
  return exchange;
}

function press(method, path, body, after = () => {}) {
  inTurn(async () => after(await act(method, path, body)));
}

async function refresh() {
  const [report, store] = [await send("GET", "/inspect"), await send("GET", "/store")];
  cookies = report.json.cookies;
  totals = store.json.totals;
  dropStaleEdits(cookies);
  applyTheme();
  const { user } = report.json;
  byId("who").textContent = user === null ? "Not logged in" : `Logged in as ${user}`;
  byId("sent-summary").textContent = summary(cookies);
  keepingFocus(() => {
    byId("cookies").replaceChildren(...cookieList(cookies, startEditing));
    byId("anatomy").replaceChildren(...anatomy(sessionCookie(), originalOf("session"), sessionActions));
  });
  renderStore(store.json, (item) => press("POST", `/store/buy/${item}`));
  const flashes =
    sessionCookie()?.ignored === undefined ? (sessionCookie()?.payload?._flashes?.length ?? 0) : 0;
  byId("waiting").textContent = flashes === 0 ? "" : `${plural(flashes, "message")} waiting in the session.`;
  renderEdit();
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
  return cookies.find(({ kind }) => kind === "signed session");
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
  byId("verdict").className = `verdict ${good ? "good" : "bad"}`;
  byId("verdict").textContent = text;
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

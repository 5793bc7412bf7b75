import { anatomy } from "./anatomy.js";
import { cookieList, summary } from "./cookie-list.js";
import { send } from "./api.js";
import { byId, el } from "./dom.js";
import { isEditable, noteEdit, originalOf } from "./edits.js";
import { changeOneCharacter, suggestEdit } from "./forgery.js";
import { lookup } from "./lookup.js";
import { sealed } from "./sealed.js";
import {
  inTurn,
  keepingFocus,
  look,
  onSubmit,
  press,
  refresh,
  sayVerdict,
  sessionCookie,
  show,
  startPage,
  state,
} from "./shell.js";
import { verdictOn } from "./verdict.js";

const actions = {
  start: () => press("GET", "/sessions/count"),
  change: () => writeCookie("session", changeOneCharacter(sessionCookie())),
  restore: () => writeCookie("session", originalOf("session")),
};

function render() {
  byId("sent-summary").textContent = summary(state.cookies);
  keepingFocus(() => {
    byId("cookies").replaceChildren(...cookieList(state.cookies, startEditing));
    byId("anatomy").replaceChildren(...sessionView());
  });
  renderEdit();
}

function sessionView() {
  const [cookie, original] = [sessionCookie(), originalOf("session")];
  const { kind, store } = state.storage;
  if (kind === "server") return lookup(cookie, store, original, actions);
  return (kind === "signed" ? anatomy : sealed)(cookie, original, actions);
}

function renderEdit() {
  const select = byId("edit-name");
  const editable = state.cookies.filter(isEditable).map(({ name }) => name);
  const chosen = [select.value, "session"].find((name) => editable.includes(name));
  select.replaceChildren(...editable.map((name) => el("option", { value: name }, name)));
  if (chosen !== undefined) select.value = chosen;
  byId("edit").hidden = editable.length === 0;
  showChosen();
}

function cookieCalled(name) {
  return state.cookies.find((cookie) => cookie.name === name);
}

function showChosen() {
  byId("edit-value").value = cookieCalled(byId("edit-name").value)?.value ?? "";
  byId("edit-restore").disabled = originalOf(byId("edit-name").value) === undefined;
}

function startEditing(name) {
  byId("edit-name").value = name;
  showChosen();
  byId("edit-value").focus();
}

function writeCookie(name, value) {
  byId("edit-name").value = name;
  inTurn(async () => {
    const before = cookieCalled(name)?.value ?? "";
    const exchange = await send("POST", "/tamper", { name, value });
    show(exchange);
    if (exchange.status === 200) noteEdit(name, before, value);
    await refresh();
    const { totals } = await look("/store");
    const verdict =
      exchange.status === 200
        ? verdictOn(cookieCalled(name), totals, originalOf(name) === undefined)
        : { good: true, text: `Not written. ${exchange.json.error}` };
    sayVerdict("verdict", verdict.good, verdict.text);
  });
}

/** A thousand characters that no compression makes fewer. */
function note() {
  const bytes = crypto.getRandomValues(new Uint8Array(750));
  return btoa(String.fromCharCode(...bytes));
}

function saySize({ status, json }) {
  const { bytes, kept, limit } = sessionCookie() ?? {};
  if (status === 413)
    sayVerdict("size-result", false, `Refused, and the session is as it was. ${json.error}`);
  else if (kept !== undefined)
    sayVerdict(
      "size-result",
      true,
      `The server keeps ${kept.bytes.toLocaleString("en")} bytes, and the cookie has ${bytes}.`,
    );
  else
    sayVerdict(
      "size-result",
      true,
      `${bytes.toLocaleString("en")} of ${limit.toLocaleString("en")} bytes, with every request.`,
    );
}

byId("edit-name").addEventListener("change", showChosen);
byId("edit-suggest").addEventListener("click", () => {
  byId("edit-value").value = suggestEdit(cookieCalled(byId("edit-name").value));
});
byId("edit-restore").addEventListener("click", () => {
  const name = byId("edit-name").value;
  writeCookie(name, originalOf(name));
  byId("edit-value").focus({ preventScroll: true });
});
onSubmit("edit", () => writeCookie(byId("edit-name").value, byId("edit-value").value));
byId("fill").addEventListener("click", () => press("POST", "/flash", { message: note() }, saySize));

startPage(render);

import { summary } from "./cookie-list.js";
import { byId, el, plural } from "./dom.js";
import { moveTo, onSubmit, press, sessionCookie, sessionData, startPage, state } from "./shell.js";
import { tree } from "./tree.js";

function render() {
  byId("sent-summary").textContent = summary(state.cookies);
  byId("carried").replaceChildren(
    ...state.cookies.map(({ name, value, bytes, decoded }) =>
      el(
        "li",
        {},
        el("code", {}, name),
        el("span.bytes", {}, plural(bytes, "byte")),
        el("code.raw", {}, shortened(decoded ?? value)),
      ),
    ),
  );
  byId("kept").replaceChildren(kept());
  showPlaces();
}

function kept() {
  const { kind } = state.storage;
  if (kind === "server") {
    const data = sessionData();
    return Object.keys(data).length === 0
      ? el("p.hint", {}, "Nothing yet. You have no session.")
      : tree(data);
  }
  const where = sessionCookie() === undefined ? "You have no session yet." : "All of it is in the cookie.";
  return el("p.hint", {}, `${where} A million visitors would cost it no memory.`);
}

function shortened(value) {
  return value.length > 48 ? `${value.slice(0, 45)}…` : value;
}

function showPlaces() {
  const { kind, store } = state.storage;
  for (const button of document.querySelectorAll("button[data-place]")) {
    const isHere = button.dataset.place === (store ?? kind);
    button.disabled = isHere;
    button.textContent = isHere ? "You are here" : (button.dataset.label ?? "Move here");
  }
}

/** One button for each store that there is. */
function listStores() {
  const names = [...byId("place").options].map(({ value }) => value);
  const stores = names.filter((name) => name !== "signed" && name !== "encrypted");
  if (byId("stores").childElementCount === stores.length) return;
  byId("stores").replaceChildren(
    ...stores.map((name) => {
      const label = `Move to ${name}`;
      const button = el("button", { type: "button", onclick: () => moveTo(name) }, label);
      Object.assign(button.dataset, { place: name, label });
      return button;
    }),
  );
}

for (const button of document.querySelectorAll("button[data-place]"))
  button.addEventListener("click", () => moveTo(button.dataset.place));
onSubmit("username-form", () => press("GET", `/set?username=${encodeURIComponent(byId("username").value)}`));

startPage(() => {
  listStores();
  render();
});

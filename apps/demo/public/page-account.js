import { send } from "./api.js";
import { devices } from "./devices.js";
import { byId, el, plural } from "./dom.js";
import {
  act,
  inTurn,
  keepingFocus,
  onSubmit,
  press,
  refresh,
  sayVerdict,
  sessionData,
  startPage,
  state,
} from "./shell.js";

/** Milliseconds between two looks at whether another window has logged out. */
const LOOK_AGAIN = 3000;

const wayBack = new URLSearchParams(location.search).get("next");

function render() {
  const { account } = state;
  const isIn = account.account !== null;
  byId("entrance").hidden = isIn;
  byId("inside").hidden = !isIn;
  byId("way-back").textContent =
    wayBack === null ? "" : `Then you go on to ${wayBack}, if that is on this site.`;
  if (isIn) showInside(account);
  const waiting = sessionData()._flashes?.length ?? 0;
  byId("waiting").textContent = waiting === 0 ? "" : `${plural(waiting, "message")} waiting in the session.`;
}

function showInside({ account, fresh, remembered, devices: list }) {
  byId("inside-facts").textContent = [
    `As ${account}.`,
    remembered ? "A cookie of its own remembers you." : "Until the session ends.",
    fresh ? "You have entered your password a short while ago." : "For a new password, enter yours again.",
  ].join(" ");
  byId("password-name").value = account;
  byId("devices").hidden = list === null;
  if (list !== null) keepingFocus(() => byId("devices-list").replaceChildren(...devices(list, end)));
}

function end({ id, current }) {
  if (current) press("POST", "/account/log-out");
  else press("POST", `/account/devices/${id}/end`);
}

function enter(path) {
  const body = {
    name: byId("login-name").value,
    password: byId("login-password").value,
    remember: byId("login-remember").checked,
    next: wayBack ?? undefined,
  };
  press("POST", path, body, ({ status, json }) => {
    if (status !== 200) return sayVerdict("login-result", false, json.error);
    byId("login-password").value = "";
    if (wayBack !== null) return location.assign(json.next);
    sayVerdict("login-result", true, `Welcome, ${json.account}.`);
    return byId("main").focus({ preventScroll: true });
  });
}

/** A login that a cookie alone recalls is not enough for this: the password first confirms it. */
function changePassword() {
  const [password, new_password] = [byId("password-old").value, byId("password-new").value];
  inTurn(async () => {
    const confirmed = state.account.fresh ? undefined : await send("POST", "/account/confirm", { password });
    const { status, json } =
      confirmed === undefined || confirmed.status === 200
        ? await act("POST", "/account/password", { password, new_password })
        : confirmed;
    if (status === 200) byId("password-form").reset();
    const text = status === 200 ? "Changed. Whoever else was logged in is not any more." : json.error;
    sayVerdict("password-result", status === 200, text);
  });
}

onSubmit("login-form", () => enter("/account/log-in"));
byId("sign-up").addEventListener("click", () => {
  if (byId("login-form").reportValidity()) enter("/account/sign-up");
});
byId("log-out-everywhere").addEventListener("click", () =>
  press("POST", "/account/log-out-everywhere", undefined, ({ status }) => {
    if (status === 200) sayVerdict("login-result", true, "Logged out, on every device.");
  }),
);
onSubmit("password-form", changePassword);
onSubmit("flash-form", () => press("POST", "/flash", { message: byId("flash-message").value }));
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
setInterval(() => {
  if (document.visibilityState === "visible" && state.account.account !== null) inTurn(refresh);
}, LOOK_AGAIN);

startPage(render);

import { byId } from "./dom.js";
import { look, press, sayVerdict, startPage } from "./shell.js";
import { receipt, renderStore } from "./store.js";

byId("cheat").addEventListener("click", () =>
  press("POST", "/tamper", { name: "total", value: "1" }, () =>
    sayVerdict("receipt", false, "Believed. A plain cookie is whatever the visitor says it is."),
  ),
);

byId("checkout").addEventListener("click", () =>
  press("POST", "/store/checkout", undefined, ({ status, json }) => {
    if (status === 200) sayVerdict("receipt", json.pay.by_cookie === json.pay.by_session, receipt(json));
  }),
);

startPage(async () => renderStore(await look("/store"), (item) => press("POST", `/store/buy/${item}`)));

import { send } from "./api.js";
import { burstResult } from "./burst.js";
import { byId, el } from "./dom.js";
import { inTurn, look, refresh, sayVerdict, show, startPage } from "./shell.js";

const CLICKS = 100;

const COUNTERS = {
  hipflask: { path: "/sessions/count", valueOf: ({ session }) => session.session_value },
  naive: { path: "/naive/count", valueOf: ({ count }) => count },
};

function counter() {
  return COUNTERS[document.querySelector("input[name=counter]:checked").value];
}

/** A dot for each answer; one whose number was given before is hollow. */
function fill(dots, seen, value) {
  const dot = dots[seen.count++];
  const isLost = seen.values.has(value);
  seen.values.add(value);
  dot.className = isLost ? "lost" : "counted";
}

async function burst() {
  const { path, valueOf } = counter();
  // A hundred visitors without a cookie would get a session each.
  await look(path);
  const dots = Array.from({ length: CLICKS }, () => el("span"));
  byId("dots").replaceChildren(...dots);
  const seen = { count: 0, values: new Set() };
  const click = async () => {
    const exchange = await send("GET", path);
    if (exchange.status === 200) fill(dots, seen, valueOf(exchange.json));
    return exchange;
  };
  const exchanges = await Promise.all(Array.from({ length: CLICKS }, click));
  show(exchanges.at(-1));
  await refresh();
  const values = exchanges.filter(({ status }) => status === 200).map(({ json }) => valueOf(json));
  const { good, text } = burstResult(values, CLICKS);
  const isCookie = !good && path === COUNTERS.hipflask.path && values.length === CLICKS;
  const hint = " Keep your session on the server, by the menu at the top, and count again.";
  sayVerdict("burst-result", good, isCookie ? text + hint : text);
}

for (const choice of document.querySelectorAll("input[name=counter]"))
  choice.addEventListener("change", () => {
    byId("burst-path").textContent = `${CLICKS} × GET ${counter().path}`;
  });
byId("burst").addEventListener("click", () => inTurn(burst));

startPage(() => {});

/** Each button asks the server of its side; then both sides are asked what they know. */
const ORIGINS = { flask: document.body.dataset.flask, hipflask: location.origin };
const PATHS = {
  login: (side) => `/login?user=${side === "flask" ? "ada" : "grace"}`,
  remember: (side) => `${PATHS.login(side)}&remember=1`,
  close: () => "/close",
  logout: () => "/logout",
  count: () => "/count",
  cart: (side) => `/cart?item=${side === "flask" ? "tea from Flask" : "tea from TypeScript"}`,
  flash: () => "/flash",
};

const sections = [...document.querySelectorAll(".side")];
const template = document.querySelector("template");

async function ask(side, path, method = "GET") {
  const response = await fetch(ORIGINS[side] + path, { method, credentials: "include" });
  if (!response.ok) throw new Error(`${side} answered ${response.status} to ${path}`);
  return response.json();
}

function show(section, { user, fresh, data, messages }) {
  const how = fresh ? "" : ", recalled by a cookie";
  section.querySelector(".user").textContent =
    user === null ? "Nobody is logged in." : `Logged in: ${user}${how}`;
  section.querySelector("output").textContent = data.count ?? 0;
  section.querySelector("pre").textContent = JSON.stringify(data, null, 2);
  const list = section.querySelector(".messages");
  for (const message of messages) {
    const item = document.createElement("li");
    item.textContent = `“${message}”`;
    list.prepend(item);
  }
  while (list.children.length > 3) list.lastElementChild.remove();
}

function showRecord(record) {
  const list = document.querySelector(".record dl");
  const entries =
    record === null
      ? [["There is none.", "Write something on either side."]]
      : [
          ["key", record.key],
          ["format", `${record.format}, ends in ${record.ttl} s`],
          ["bytes", record.hex.replace(/(..)/g, "$1 ")],
          ["holds", JSON.stringify(record.data)],
        ];
  list.replaceChildren(
    ...entries.flatMap(([term, text]) => {
      const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
      [dt.textContent, dd.textContent] = [term, text];
      return [dt, dd];
    }),
  );
}

/** One after the other: the messages are shown by whoever asks first, here by the side that did nothing. */
async function refresh(acted) {
  const others = sections.toSorted((section) => (section.dataset.side === acted ? 1 : -1));
  for (const section of others) show(section, await ask(section.dataset.side, "/session"));
  showRecord(await ask("hipflask", "/record"));
}

async function act(side, what) {
  const buttons = document.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  try {
    await ask(side, PATHS[what](side), "POST");
    await refresh(side);
    document.body.dataset.done = `${Number(document.body.dataset.done ?? 0) + 1}`;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

for (const section of sections) {
  section.append(template.content.cloneNode(true));
  section.addEventListener("click", (event) => {
    const what = event.target.closest("button")?.dataset.do;
    if (what !== undefined) void act(section.dataset.side, what);
  });
}
await refresh();
document.body.dataset.ready = "yes";

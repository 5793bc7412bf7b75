import { byId, el } from "./dom.js";
import { findings } from "./findings.js";
import { inTurn, onSubmit, startPage } from "./shell.js";
import { beginTrial, linkFollowed, lookLater, observe } from "./trial.js";

/** Combinations with a point: the form's fields by their IDs. */
const RECIPES = {
  "A session’s cookie": { "http-only": true, "same-site": "Lax", path: "/" },
  "For this folder only": { path: "/attributes" },
  "Never from elsewhere": { "same-site": "Strict", path: "/" },
  "For strangers, without Secure": { "same-site": "None", path: "/" },
  "For strangers, with Secure": { "same-site": "None", secure: true, path: "/" },
  "__Host-, but not Secure": { prefix: "__Host-", path: "/" },
  "__Host-, as it must be": { prefix: "__Host-", path: "/", secure: true },
  "Three seconds": { "max-age": "3", path: "/" },
};

/** Milliseconds after which three seconds are over. */
const LATER = 4000;

const FIELDS = ["prefix", "same-site", "path", "max-age", "secure", "http-only"];

function wish() {
  const [prefix, sameSite, path, maxAge] = FIELDS.slice(0, 4).map((id) => byId(id).value);
  return {
    prefix,
    sameSite: sameSite || null,
    path: path || null,
    maxAge: maxAge === "" ? null : Number(maxAge),
    secure: byId("secure").checked,
    httpOnly: byId("http-only").checked,
  };
}

function choose(recipe) {
  for (const id of FIELDS) {
    const field = byId(id);
    if (field.type === "checkbox") field.checked = recipe[id] ?? false;
    else field.value = recipe[id] ?? "";
  }
}

function tryIt() {
  const attributes = wish();
  inTurn(async () => {
    byId("found").replaceChildren(el("p.lede", {}, "Looking…"));
    const trial = await beginTrial(attributes);
    const seen = await observe(trial, byId("stranger"));
    const say = () => byId("found").replaceChildren(...findings(attributes, trial, seen));
    say();
    linkFollowed(trial, (came) => {
      seen.link = came;
      say();
    });
    if (attributes.maxAge !== 3) return;
    await new Promise((resolve) => {
      setTimeout(resolve, LATER);
    });
    seen.later = await lookLater(trial);
    say();
  });
}

byId("recipes").append(
  ...Object.entries(RECIPES).map(([label, recipe]) =>
    el(
      "button.small",
      {
        type: "button",
        onclick: () => {
          choose(recipe);
          tryIt();
        },
      },
      label,
    ),
  ),
);
onSubmit("attributes", tryIt);

startPage(() => {});

/** What gets lost when one visitor's requests run in parallel. */
import { setTimeout as delay } from "node:timers/promises";
import { isOurs } from "./variants.mjs";
import { visiting } from "./visitor.mjs";

const INCREMENTS = 200;
const AT_ONCE = 20;
const LOGOUTS = 5;

export async function losses(names, { log, backends }) {
  log("counting lost updates");
  const found = [];
  for (const name of names) found.push({ name, ...(await visiting(name, backends, loseWhatCan)) });
  const rows = found.map(({ name, slow, fast, keys, undone }) => [
    name,
    slow,
    fast,
    `${keys} of ${AT_ONCE}`,
    undone > 0 ? "yes" : "no",
  ]);
  const ours = found.filter(({ name }) => isOurs(name));
  const lost = ours.reduce(
    (sum, { slow, fast, keys, undone }) => sum + slow + fast + AT_ONCE - keys + undone,
    0,
  );
  return {
    tables: [{ title: TITLE, columns: COLUMNS, rows }],
    goals: [{ goal: "updates lost and logouts undone, all stores of hipflask", limit: 0, ratio: lost }],
  };
}

const TITLE = `Parallel requests of one visitor, ${AT_ONCE} at a time`;
const COLUMNS = [
  "variant",
  `lost of ${INCREMENTS} increments, 5 ms each`,
  `lost of ${INCREMENTS} increments`,
  "keys kept, 5 ms each",
  "logout undone by a write",
];

async function loseWhatCan(enter) {
  let undone = 0;
  for (let i = 0; i < LOGOUTS; i++) if (await isLogoutUndone(enter())) undone++;
  return {
    slow: await lostIncrements(enter(), 5),
    fast: await lostIncrements(enter(), 0),
    keys: await keptKeys(enter()),
    undone,
  };
}

async function lostIncrements(visitor, wait) {
  await visitor.get("/login");
  await inParallel(async () => {
    for (let i = 0; i < INCREMENTS / AT_ONCE; i++) await visitor.get(`/add?wait=${wait}`);
  });
  return INCREMENTS - (await visitor.get("/read?key=n"));
}

/** Each request writes a key of its own. */
async function keptKeys(visitor) {
  await visitor.get("/login");
  await inParallel((worker) => visitor.get(`/set?key=k${worker}&value=${worker}&wait=5`));
  let kept = 0;
  for (let i = 0; i < AT_ONCE; i++) if ((await visitor.get(`/read?key=k${i}`)) === String(i)) kept++;
  return kept;
}

/** A write begins before the logout and ends after it. Is anybody logged in then, by the browser's cookies or the old ones? */
async function isLogoutUndone(visitor) {
  await visitor.get("/login");
  const { cookies } = visitor;
  const write = visitor.get("/set?key=seen&value=yes&wait=100");
  await delay(30);
  await visitor.get("/logout");
  await write;
  const users = [await visitor.get("/read?key=user"), await visitor.get("/read?key=user", cookies)];
  return users.some((user) => user !== null);
}

function inParallel(work) {
  return Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => work(worker)));
}

/** Twenty requests of one visitor at the same time. */
import { byDesign, good, judged, none } from "../cell.mjs";

const AT_ONCE = 20;

/** Milliseconds between reading and writing: enough for all of them to have read before the first one writes. */
const WORK = 100;

const everyone = (work) => Promise.all(Array.from({ length: AT_ONCE }, (_, index) => work(index)));

/** Each writes a key of its own. */
async function keys({ visitor, isInCookies }) {
  await visitor.prepare("/login");
  await everyone((i) => visitor.get(`/set?key=k${i}&value=${i}&wait=${WORK}`));
  let kept = 0;
  for (let i = 0; i < AT_ONCE; i++) if ((await visitor.read(`k${i}`)) === String(i)) kept++;
  return counted(kept, isInCookies);
}

/** Each reads a number, adds 1, and writes it: nobody can know that it is not meant to be this value. */
async function plain({ visitor }) {
  await visitor.prepare("/login");
  await everyone(() => visitor.get(`/add-plainly?wait=${WORK}`));
  const kept = (await visitor.read("n")) ?? 0;
  return kept === AT_ONCE ? good(of(kept)) : none(of(kept));
}

/** Each adds 1 by what the library has for values that depend on what was there. */
async function exact({ visitor, isInCookies, row }) {
  if (row.exact === undefined) return none("no such call");
  await visitor.prepare("/login");
  await everyone(() => visitor.get(`/add?wait=${WORK}`));
  return counted((await visitor.read("n")) ?? 0, isInCookies);
}

function counted(kept, isInCookies) {
  if (isInCookies && kept < AT_ONCE) return byDesign(of(kept));
  return judged(kept === AT_ONCE, of(kept));
}

const of = (kept) => `${kept}/${AT_ONCE}`;

export const parallel = { keys, plain, exact };

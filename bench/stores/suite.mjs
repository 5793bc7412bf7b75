import { join } from "node:path";
import { countRounds, countTable, taxGoals } from "../http/rounds.mjs";
import { startBeside } from "../http/serving.mjs";
import { lacking } from "../lib/needs.mjs";
import { losses } from "./losses.mjs";
import { memory } from "./memory.mjs";
import { trips } from "./trips.mjs";
import { TAX_GOALS, variants } from "./variants.mjs";

export const about = "sessions on a server: /count per store, round trips, lost updates, memory";

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const { counting, overNetwork, inParallel, inMemory } = variants(quick);
  const lacks = lacking(counting);
  for (const [name, needs] of lacks) log(`${name}: skipped, needs ${needs.join(", ")}`);
  const there = (names) => names.filter((name) => !lacks.has(name));

  const stores = await startBeside(join(import.meta.dirname, "backends.mjs"));
  const options = { quick, log, backends: stores.greeting };
  try {
    const figures = await countRounds(there(counting), options);
    const parts = [
      { tables: [countTable(figures)], goals: taxGoals(figures, TAX_GOALS) },
      await trips(there(overNetwork), options),
      await losses(there(inParallel), options),
      await memory(inMemory, options),
    ];
    return { tables: parts.flatMap(({ tables }) => tables), goals: parts.flatMap(({ goals }) => goals) };
  } finally {
    stores.stop();
  }
}

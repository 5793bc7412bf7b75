import { join } from "node:path";
import { countRounds, countTable, taxGoals } from "../http/rounds.mjs";
import { startBeside } from "../http/serving.mjs";
import { lacking } from "../lib/needs.mjs";
import { losses } from "./losses.mjs";
import { memory } from "./memory.mjs";
import { trips } from "./trips.mjs";
import {
  COUNTING,
  COUNTING_QUICKLY,
  IN_MEMORY,
  IN_PARALLEL,
  OVER_THE_NETWORK,
  TAX_GOALS,
} from "./variants.mjs";

export const about = "sessions on a server: /count per store, round trips, lost updates, memory";

/** @type {import("../run.mjs").Suite} */
export async function run({ quick, log }) {
  const lacks = lacking(COUNTING);
  for (const [name, needs] of lacks) log(`${name}: skipped, needs ${needs.join(", ")}`);
  const there = (names) => names.filter((name) => !lacks.has(name));

  const stores = await startBeside(join(import.meta.dirname, "backends.mjs"));
  const options = { quick, log, backends: stores.greeting };
  try {
    const figures = await countRounds(there(quick ? COUNTING_QUICKLY : COUNTING), options);
    const parts = [
      { tables: [countTable(figures)], goals: taxGoals(figures, TAX_GOALS) },
      await trips(there(OVER_THE_NETWORK), options),
      await losses(there(IN_PARALLEL), options),
      await memory(IN_MEMORY, options),
    ];
    return { tables: parts.flatMap(({ tables }) => tables), goals: parts.flatMap(({ goals }) => goals) };
  } finally {
    stores.stop();
  }
}

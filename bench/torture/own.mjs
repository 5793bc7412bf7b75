/** hipflask alone, in this process: what its tests use. */
import { controlOf } from "./control.mjs";
import { Line } from "./line.mjs";
import { ours } from "./ours.mjs";
import { torment } from "./probes/probes.mjs";

/** hipflask's rows, each with `torment`, which sends it through all probes. */
export function ownRows(library) {
  return ours(library).map((row) => ({
    name: row.name,
    torment: () => torment(row, () => startHere(row)),
  }));
}

async function startHere(row) {
  let unhandled = 0;
  const count = () => unhandled++;
  process.on("unhandledRejection", count);
  const line = new Line();
  const { server, store } = await row.start(line);
  const control = controlOf(line, store);
  return {
    origin: server.origin,
    ask: async (question) => control(question),
    death: () => undefined,
    async close() {
      server.close();
      process.off("unhandledRejection", count);
      return unhandled;
    },
  };
}

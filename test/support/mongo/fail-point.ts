import { BSON } from "mongodb";
import { setTimeout as sleep } from "node:timers/promises";
import { refuse } from "./errors.ts";
import { type Doc, isDoc, toNumber } from "./values.ts";

const FIELDS = [
  "failCommands",
  "errorCode",
  "errorLabels",
  "closeConnection",
  "blockConnection",
  "blockTimeMS",
  "writeConcernError",
];

/** What becomes of a command that is made to fail. */
export type Failure =
  | { readonly kind: "close" }
  /** It is not done. */
  | { readonly kind: "error"; readonly answer: Doc }
  /** It is done, and its answer has more fields. */
  | { readonly kind: "addition"; readonly fields: Doc };

/**
 * MongoDB's own means of making commands fail in tests: `configureFailPoint: "failCommand"`. A real server has it when it is started with
 * `--setParameter enableTestCommands=1`.
 */
export class FailPoint {
  #data: Doc = {};
  /** How many commands are still to fail. */
  #left = 0;

  configure({ configureFailPoint, mode, data = {} }: Doc): Doc {
    if (configureFailPoint !== "failCommand") refuse("this fail point");
    if (!isDoc(data)) return refuse("a fail point of this kind");
    for (const field of Object.keys(data)) if (!FIELDS.includes(field)) refuse(`${field} of a fail point`);
    this.#left = timesOf(mode);
    this.#data = data;
    return {};
  }

  /** What becomes of this command; undefined: nothing. */
  async meet(name: string): Promise<Failure | undefined> {
    const {
      failCommands,
      errorCode,
      errorLabels,
      closeConnection,
      blockConnection,
      blockTimeMS,
      writeConcernError,
    } = this.#data;
    if (this.#left === 0 || !Array.isArray(failCommands) || !failCommands.includes(name)) return undefined;
    this.#left--;
    if (blockConnection === true) await sleep(toNumber(blockTimeMS));
    if (closeConnection === true) return { kind: "close" };
    const labels = errorLabels === undefined ? {} : { errorLabels };
    if (errorCode !== undefined) {
      const errmsg = "Failing command via 'failCommand' failpoint";
      return { kind: "error", answer: { ok: new BSON.Double(0), errmsg, code: errorCode, ...labels } };
    }
    return writeConcernError === undefined
      ? undefined
      : { kind: "addition", fields: { writeConcernError, ...labels } };
  }
}

function timesOf(mode: unknown): number {
  if (mode === "alwaysOn") return Infinity;
  if (mode === "off") return 0;
  if (isDoc(mode) && Object.keys(mode).join() === "times") return toNumber(mode["times"]);
  return refuse("a fail point of this mode");
}

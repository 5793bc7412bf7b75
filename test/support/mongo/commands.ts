import type { Collection } from "./collection.ts";
import { Cursors } from "./cursors.ts";
import type { Databases } from "./databases.ts";
import { CommandError, refuse } from "./errors.ts";
import { FailPoint } from "./fail-point.ts";
import { type Doc, documents, int, isDoc, MAX_DOC, toNumber } from "./values.ts";
import { Writes } from "./writes.ts";

type Run = (command: Doc) => Doc | Promise<Doc>;

interface Command {
  readonly run: Run;
  /** The fields that it may have, beside those that every command may. One that is not listed is an error. */
  readonly fields: readonly string[];
}

/** What every command may have. Of sessions only the id matters, and only to repeated writes. */
const COMMON = ["$db", "lsid", "$clusterTime", "$readPreference", "readConcern", "maxTimeMS", "comment"];
/** What every write may have besides. */
const WRITE = ["writeConcern", "txnNumber", "ordered", "bypassDocumentValidation"];

export interface CommandsOptions {
  readonly databases: Databases;
  /** Sets the time between two looks for what TTL indexes say is over, in seconds. */
  readonly sweepEvery: (seconds: number) => void;
}

/** The commands that the stand-in knows. Whatever it does not know it refuses. */
export class Commands {
  readonly failPoint = new FailPoint();
  readonly #table: Readonly<Record<string, Command>>;

  constructor({ databases, sweepEvery }: CommandsOptions) {
    const cursors = new Cursors(databases);
    const writes = new Writes(databases);
    this.#table = {
      ping: { run: () => ({}), fields: [] },
      buildInfo: { run: buildInfo, fields: [] },
      endSessions: { run: () => ({}), fields: ["writeConcern"] },
      insert: { run: (c) => writes.insert(namespace(c, "insert"), c), fields: ["documents", ...WRITE] },
      update: { run: (c) => writes.update(namespace(c, "update"), c), fields: ["updates", ...WRITE] },
      delete: { run: (c) => writes.delete(namespace(c, "delete"), c), fields: ["deletes", ...WRITE] },
      findAndModify: {
        run: (c) => writes.findAndModify(namespace(c, "findAndModify"), c),
        fields: ["query", "update", "remove", "new", "upsert", "fields", "sort", ...WRITE],
      },
      find: {
        run: (c) => cursors.find(namespace(c, "find"), c),
        fields: ["filter", "sort", "projection", "skip", "limit", "batchSize", "singleBatch"],
      },
      getMore: { run: (c) => cursors.getMore(c), fields: ["collection", "batchSize"] },
      killCursors: { run: (c) => cursors.kill(c), fields: ["cursors"] },
      createIndexes: {
        run: (c) => createIndexes(databases.open(namespace(c, "createIndexes")), c),
        fields: ["indexes", "writeConcern"],
      },
      listIndexes: { run: (c) => cursors.listIndexes(namespace(c, "listIndexes"), c), fields: ["cursor"] },
      drop: {
        // Since MongoDB 7.0 it is no error when there is nothing to drop.
        run: (c) => {
          databases.drop(namespace(c, "drop"));
          return {};
        },
        fields: ["writeConcern"],
      },
      dropDatabase: {
        run: (c) => {
          databases.dropAll(String(c["$db"]));
          return {};
        },
        fields: ["writeConcern"],
      },
      configureFailPoint: { run: (c) => this.failPoint.configure(c), fields: ["mode", "data"] },
      setParameter: {
        run: (c) => {
          sweepEvery(toNumber(c["ttlMonitorSleepSecs"]));
          return {};
        },
        fields: ["ttlMonitorSleepSecs"],
      },
    };
  }

  /** @throws CommandError */
  async run(name: string, request: Doc): Promise<Doc> {
    const found = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
    if (found === undefined) throw new CommandError("CommandNotFound", `no such command: '${name}'`);
    const fields = [name, ...COMMON, ...found.fields];
    const unknown = Object.keys(request).find((field) => !fields.includes(field));
    if (unknown !== undefined) {
      throw new CommandError("UnknownField", `BSON field '${name}.${unknown}' is an unknown field.`);
    }
    checkConcerns(request);
    return found.run(request);
  }
}

/** One server: whatever is written is written by all members that there are, and whatever is read is the latest. */
function checkConcerns({ readConcern = {}, writeConcern = {} }: Doc): void {
  if (!isDoc(readConcern) || !isDoc(writeConcern)) throw new CommandError("FailedToParse", "No concern.");
  for (const name of Object.keys(readConcern)) if (name !== "level") refuse(`${name} of a read concern`);
  for (const name of Object.keys(writeConcern)) {
    if (!["w", "j", "wtimeout"].includes(name)) refuse(`${name} of a write concern`);
  }
  const { level = "local" } = readConcern;
  if (!["local", "available", "majority", "linearizable"].includes(level as string)) {
    refuse("this read concern");
  }
  const { w = "majority" } = writeConcern;
  if (w !== "majority" && toNumber(w) > 1) {
    throw new CommandError("BadValue", "cannot use 'w' > 1 when a host is not replicated");
  }
}

function buildInfo(): Doc {
  return { version: "7.0.0", versionArray: [7, 0, 0, 0].map(int), maxBsonObjectSize: int(MAX_DOC) };
}

function createIndexes(collection: Collection, { indexes }: Doc): Doc {
  const before = collection.indexes.length;
  for (const spec of documents(indexes)) collection.createIndex(spec);
  return { numIndexesBefore: int(before), numIndexesAfter: int(collection.indexes.length) };
}

/** The collection that a command is about. */
function namespace(request: Doc, name: string): string {
  const { $db, [name]: collection } = request;
  if (typeof collection !== "string" || collection === "" || /[$\0]/.test(collection)) {
    throw new CommandError("BadValue", "A collection's name is a text that is not empty, and has no $.");
  }
  return `${String($db)}.${collection}`;
}

import { BSON } from "mongodb";
import { setTimeout as sleep } from "node:timers/promises";
import { refuse } from "./errors.ts";
import { compare, type Doc, isDoc, MAX_DOC, MAX_MESSAGE, toNumber } from "./values.ts";

/** Another one tells clients that the server is not the one that they knew. */
const TOPOLOGY_VERSION = { processId: new BSON.ObjectId(), counter: BSON.Long.fromNumber(0) };

/** What a server says of itself: a server alone, or the only member of a replica set. */
export class Introduction {
  readonly #address: string;
  readonly #replicaSet: string | undefined;

  constructor(port: number, replicaSet: string | undefined) {
    this.#address = `127.0.0.1:${port}`;
    this.#replicaSet = replicaSet;
  }

  /** The answer to `hello`, and to `isMaster` as its predecessor. */
  hello(connectionId: number, isPredecessor: boolean): Doc {
    const set =
      this.#replicaSet === undefined
        ? {}
        : {
            setName: this.#replicaSet,
            setVersion: new BSON.Int32(1),
            hosts: [this.#address],
            primary: this.#address,
            me: this.#address,
            secondary: false,
          };
    return {
      ...(isPredecessor ? { ismaster: true, helloOk: true } : { isWritablePrimary: true }),
      topologyVersion: TOPOLOGY_VERSION,
      maxBsonObjectSize: new BSON.Int32(MAX_DOC),
      maxMessageSizeBytes: new BSON.Int32(MAX_MESSAGE),
      maxWriteBatchSize: new BSON.Int32(100_000),
      localTime: new Date(),
      logicalSessionTimeoutMinutes: new BSON.Int32(30),
      connectionId: new BSON.Int32(connectionId),
      minWireVersion: new BSON.Int32(0),
      // MongoDB 7.0's.
      maxWireVersion: new BSON.Int32(21),
      readOnly: false,
      ...set,
    };
  }

  /** Waits as long as the client asks to while nothing changes, and here nothing ever does once the client knows the server. */
  async wait({ topologyVersion, maxAwaitTimeMS }: Doc, isKnown: boolean): Promise<void> {
    if ((topologyVersion === undefined) !== (maxAwaitTimeMS === undefined)) refuse("a hello of this kind");
    if (!isDoc(topologyVersion)) return;
    const isOurs = compare(topologyVersion["processId"], TOPOLOGY_VERSION.processId) === 0;
    if (isOurs || isKnown) await sleep(toNumber(maxAwaitTimeMS), undefined, { ref: false });
  }
}

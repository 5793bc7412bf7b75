import { BSON } from "mongodb";
import { createServer, type Server, type Socket } from "node:net";
import { Commands } from "./commands.ts";
import { Databases } from "./databases.ts";
import { CommandError, refuse } from "./errors.ts";
import { Introduction } from "./hello.ts";
import { type Doc, isDoc, MAX_DOC, toNumber } from "./values.ts";
import { formatAnswer, type Request, RequestReader } from "./wire.ts";

export interface StandInOptions {
  readonly port: number;
  /** A file that keeps what is written. Default: none, and everything ends with the process. */
  readonly file: string | undefined;
  /** The name of the replica set of which it is the only member. Default: none, it stands alone. */
  readonly replicaSet: string | undefined;
}

/** What a command may need beside its own fields, by MongoDB's rules. */
const INTERNAL = 16 * 1024;
const SWEEP_EVERY = 60;

/** Speaks MongoDB's wire protocol as far as the tests need it. It is no MongoDB: docs/stores/mongodb.md says what that means. */
export class StandIn {
  readonly #databases: Databases;
  readonly #commands: Commands;
  readonly #introduction: Introduction;
  readonly #isReplicated: boolean;
  readonly #port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #sweeper: NodeJS.Timeout | undefined;
  #connections = 0;

  constructor({ port, file, replicaSet }: StandInOptions) {
    this.#port = port;
    this.#databases = new Databases(file);
    this.#commands = new Commands({
      databases: this.#databases,
      sweepEvery: (seconds) => this.#sweepEvery(seconds),
    });
    this.#introduction = new Introduction(port, replicaSet);
    this.#isReplicated = replicaSet !== undefined;
    this.#server = createServer({ noDelay: true }, (socket) => void this.#serve(socket));
    this.#sweepEvery(SWEEP_EVERY);
  }

  listen(): void {
    this.#server.listen(this.#port, "127.0.0.1");
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#databases.close();
  }

  #sweepEvery(seconds: number): void {
    clearInterval(this.#sweeper);
    this.#sweeper = setInterval(() => this.#databases.sweep(Date.now()), seconds * 1000);
  }

  /** One request after the other, in the order in which they came. */
  async #serve(socket: Socket): Promise<void> {
    this.#connections++;
    const connectionId = this.#connections;
    const reader = new RequestReader();
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    try {
      for await (const piece of socket) {
        for (const request of reader.read(piece)) await this.#answer(request, socket, connectionId);
      }
    } catch (error) {
      // Whoever went away in the middle has no need to be told.
      if (!socket.destroyed) console.error("The stand-in for MongoDB:", error);
    }
    socket.destroy();
  }

  async #answer(request: Request, socket: Socket, connectionId: number): Promise<void> {
    const [name = ""] = Object.keys(request.command);
    if (HELLO.includes(name)) return this.#introduce(request, name, socket, connectionId);
    const answer = request.isLegacy
      ? failure(new CommandError("NotImplemented", "OP_QUERY is no longer supported."))
      : await this.#execute(name, request);
    if (answer === undefined) socket.destroy();
    else if (!request.isSilent) socket.write(formatAnswer(answer, request).bytes);
  }

  /** A client that allows it gets one answer after the other to one `hello`. */
  async #introduce(request: Request, name: string, socket: Socket, connectionId: number): Promise<void> {
    const { isLegacy, takesMore, command } = request;
    let { id } = request;
    try {
      checkHello(command, name, takesMore);
      for (;;) {
        await this.#introduction.wait(command, id !== request.id);
        const hello = success(this.#introduction.hello(connectionId, name !== "hello"));
        const answer = formatAnswer(hello, { id, isLegacy }, takesMore);
        socket.write(answer.bytes);
        if (!takesMore || socket.destroyed) return;
        id = answer.id;
      }
    } catch (error) {
      socket.write(formatAnswer(failure(error), request).bytes);
    }
  }

  /** @returns undefined when the connection is to be closed instead of an answer */
  async #execute(name: string, { command, bodySize }: Request): Promise<Doc | undefined> {
    const start = performance.now();
    const met = await this.#commands.failPoint.meet(name);
    if (met?.kind === "close") return undefined;
    if (met?.kind === "error") return met.answer;
    try {
      const { maxTimeMS } = command;
      if (maxTimeMS !== undefined && performance.now() - start > (toNumber(maxTimeMS) || Infinity)) {
        throw new CommandError("MaxTimeMSExpired", "operation exceeded time limit");
      }
      if (bodySize > MAX_DOC + INTERNAL) {
        throw new CommandError("BSONObjectTooLarge", `A command of ${bodySize} bytes is too large.`);
      }
      const answer = await this.#once(name, command);
      return met === undefined ? answer : { ...answer, ...met.fields };
    } catch (error) {
      if (!(error instanceof CommandError)) console.error("The stand-in for MongoDB:", error);
      return failure(error);
    } finally {
      this.#databases.flush();
    }
  }

  /** A write with a number of its session's is done once: whoever sends it again gets the answer again. */
  async #once(name: string, command: Doc): Promise<Doc> {
    const { lsid, txnNumber } = command;
    if (txnNumber === undefined) return success(await this.#commands.run(name, command));
    if (!this.#isReplicated) {
      const message = "Transaction numbers are only allowed on a replica set member or mongos";
      throw new CommandError("IllegalOperation", message);
    }
    if (!isDoc(lsid) || !(lsid["id"] instanceof BSON.Binary)) return refuse("a number without a session");
    const session = lsid["id"].toString("hex");
    const last = this.#databases.answered(session);
    const number = BigInt(String(txnNumber));
    const lastNumber = last === undefined ? undefined : BigInt(String(last.number));
    if (lastNumber !== undefined && number < lastNumber) {
      throw new CommandError("TransactionTooOld", "There was a later write of this session.");
    }
    if (last !== undefined && number === lastNumber) return last.answer;
    const answer = success(await this.#commands.run(name, command));
    this.#databases.remember(session, txnNumber, answer);
    return answer;
  }
}

const HELLO = ["hello", "isMaster", "ismaster"];
const HELLO_FIELDS = [
  ...HELLO,
  "$db",
  "client",
  "compression",
  "helloOk",
  "backpressure",
  "topologyVersion",
  "maxAwaitTimeMS",
  "lsid",
  "$clusterTime",
  "$readPreference",
];

function checkHello(command: Doc, name: string, takesMore: boolean): void {
  if (takesMore && command["topologyVersion"] === undefined) refuse("a hello of this kind");
  const unknown = Object.keys(command).find((field) => !HELLO_FIELDS.includes(field));
  if (unknown !== undefined) refuse(`${unknown} of ${name}`);
}

function success(fields: Doc): Doc {
  return { ...fields, ok: new BSON.Double(1) };
}

function failure(error: unknown): Doc {
  const { code, codeName, details } =
    error instanceof CommandError ? error : { code: 8, codeName: "UnknownError", details: {} };
  const errmsg = error instanceof Error ? error.message : String(error);
  return { ok: new BSON.Double(0), errmsg, code: new BSON.Int32(code), codeName, ...details };
}

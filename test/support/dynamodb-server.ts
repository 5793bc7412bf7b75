import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DynamoDB, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { freePort } from "./free-port.ts";
import { KeptServer, started } from "./kept-server.ts";

const PROCESS = fileURLToPath(new URL("dynalite-process.mjs", import.meta.url));

/** What stands in for DynamoDB on this machine: dynalite. It keeps its data over `stop` and `kill`. */
export class DynamodbServer extends KeptServer {
  readonly #kind: string;

  constructor(port: number, folder: string, kind: string) {
    super(port, folder);
    this.#kind = kind;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Refuses writes, as a table does that has no capacity left. */
  async throttle(): Promise<void> {
    await fetch(`${this.url}/throttle`);
  }

  /** Ends `throttle`. */
  async relieve(): Promise<void> {
    await fetch(`${this.url}/relieve`);
  }

  protected override command(): [string, ...string[]] {
    return [process.execPath, PROCESS, String(this.port), join(this.folder, "data"), this.#kind];
  }

  protected override async answers(): Promise<boolean> {
    return fetch(this.url).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

/**
 * Starts one. With `asItIs`, it does not tell what is there when the condition of a write does not hold, as DynamoDB does.
 *
 * @example
 * const server = await startDynamodb();
 * const client = connectDynamodb(server.url);
 * client.destroy();
 * await server.close();
 */
export async function startDynamodb({ asItIs = false } = {}): Promise<DynamodbServer> {
  const folder = await mkdtemp(join(tmpdir(), "hipflask-dynamodb-"));
  return started(new DynamodbServer(await freePort(), folder, asItIs ? "as it is" : "more like DynamoDB"));
}

/** A client of an endpoint; of one on this machine nobody checks the credentials. */
export function connectDynamodb(endpoint: string, config: DynamoDBClientConfig = {}): DynamoDB {
  const isLocal = ["127.0.0.1", "localhost"].includes(new URL(endpoint).hostname);
  const local = { region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" } };
  return new DynamoDB({ endpoint, ...(isLocal ? local : {}), ...config });
}

/** What a client does, seen from within the SDK. */
export interface Watched {
  /** Each operation that was asked for, with its input. */
  readonly asked: { readonly operation: string; readonly input: any }[];
  /** Called before an operation is sent; a rejection is that operation's. */
  before: (operation: string) => unknown;
  /** Called when an operation was answered, before whoever asked for it learns of that. */
  after: (operation: string) => unknown;
}

export function watch(client: DynamoDB): Watched {
  const watched: Watched = { asked: [], before: () => undefined, after: () => undefined };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context["commandName"]).replace(/Command$/, "");
      watched.asked.push({ operation, input: args.input });
      await watched.before(operation);
      const answer = await next(args);
      await watched.after(operation);
      return answer;
    },
    { step: "initialize" },
  );
  return watched;
}

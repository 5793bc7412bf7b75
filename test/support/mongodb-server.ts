import { randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { freePort } from "./free-port.ts";
import { KeptServer, started } from "./kept-server.ts";

const STAND_IN = fileURLToPath(new URL("mongo-stand-in.ts", import.meta.url));
const TSX = createRequire(import.meta.url).resolve("tsx");

/** The URL of a real MongoDB on this machine, such as compose.yaml starts: it then takes the place of the stand-in. */
export const REAL_MONGODB = process.env["MONGODB_URL"];

/** A database that is a test's alone. */
export interface Mongodb {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

export interface MongodbOptions {
  /** Whether what was written is there again after the server was stopped or killed. Default: false. */
  readonly durable?: boolean;
  /** Whether it is the only member of a replica set, so that clients number their writes. Default: it stands alone. */
  readonly replicaSet?: boolean;
}

/** A stand-in for MongoDB, `mongo-stand-in.ts`, on a free port of this machine. */
export class MongodbServer extends KeptServer implements Mongodb {
  readonly #options: MongodbOptions;

  /** `folder` is the server's own from now on. */
  constructor(port: number, folder: string, options: MongodbOptions) {
    super(port, folder);
    this.#options = options;
  }

  get url(): string {
    return `mongodb://127.0.0.1:${this.port}/test?directConnection=true`;
  }

  protected override command(): [string, ...string[]] {
    const { durable = false, replicaSet = false } = this.#options;
    const file = durable ? ["--file", join(this.folder, "changes")] : [];
    const set = replicaSet ? ["--replica-set", "set"] : [];
    return [process.execPath, "--import", TSX, STAND_IN, "--port", `${this.port}`, ...file, ...set];
  }

  protected override answers(): Promise<boolean> {
    return withClient(this.url, (client) => client.db().command({ ping: 1 })).then(
      () => true,
      () => false,
    );
  }
}

/**
 * Starts a stand-in, which a test may kill.
 *
 * @example
 * const server = await startMongodb();
 * const client = new MongoClient(server.url);
 * await client.close();
 * await server.close();
 */
export async function startMongodb(options: MongodbOptions = {}): Promise<MongodbServer> {
  const folder = await mkdtemp(join(tmpdir(), "hipflask-mongodb-"));
  return started(new MongodbServer(await freePort(), folder, options));
}

/** A database on the real MongoDB, if there is one, or on a stand-in. */
export async function openMongodb(): Promise<Mongodb> {
  if (REAL_MONGODB === undefined) return startMongodb();
  const url = new URL(REAL_MONGODB);
  if (url.username !== "" && !url.searchParams.has("authSource")) {
    url.searchParams.set("authSource", url.pathname.slice(1) || "admin");
  }
  url.searchParams.set("directConnection", "true");
  url.pathname = `hipflask_${randomUUID()}`;
  const close = () => withClient(url.href, (client) => client.db().dropDatabase());
  return { url: url.href, port: Number(url.port), close: async () => void (await close()) };
}

async function withClient<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1000 });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

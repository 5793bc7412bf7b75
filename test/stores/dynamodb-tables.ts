import { randomUUID } from "node:crypto";
import type { DynamoDB, DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { DynamodbStore } from "hipflask/stores/dynamodb";
import { afterAll, beforeAll } from "vitest";
import { connectDynamodb, type DynamodbServer, startDynamodb } from "../support/dynamodb-server.ts";

/** A store on a table, and the client behind it. */
export interface Opened {
  readonly store: DynamodbStore;
  readonly client: DynamoDB;
}

/**
 * A DynamoDB for the tests of one file: dynalite, or what the environment's DYNAMODB_URL leads to, such as DynamoDB Local;
 * there the tables have names of their own, and are deleted in the end.
 */
export class DynamodbTables {
  readonly #run = `hipflask_${randomUUID().slice(0, 8)}_`;
  readonly #clients: DynamoDB[] = [];
  readonly #used = new Set<string>();
  #server: DynamodbServer | undefined;

  /** With `onThisMachine`, it is dynalite in any case; `asItIs` is `startDynamodb`'s. */
  constructor({ onThisMachine = false, asItIs = false } = {}) {
    beforeAll(async () => {
      if (this.isElsewhere && !onThisMachine) return;
      this.#server = await startDynamodb({ asItIs });
    });
    afterAll(async () => {
      if (this.#server === undefined) {
        const client = this.connect();
        for (const TableName of this.#used) await client.deleteTable({ TableName }).catch(() => undefined);
      }
      for (const client of this.#clients) client.destroy();
      await this.#server?.close();
    });
  }

  get isElsewhere(): boolean {
    return process.env["DYNAMODB_URL"] !== undefined;
  }

  /** The process on this machine. */
  get server(): DynamodbServer {
    return this.#server!;
  }

  get url(): string {
    return this.#server?.url ?? process.env["DYNAMODB_URL"]!;
  }

  /** A client of its own connections. */
  connect(config: DynamoDBClientConfig = {}, url = this.url): DynamoDB {
    const client = connectDynamodb(url, config);
    this.#clients.push(client);
    return client;
  }

  /** The name of the table that a test calls `name`. */
  named(name: string): string {
    const table = this.#run + name;
    this.#used.add(table);
    return table;
  }

  /** A store on a table, which is made where it is missing. */
  async open(name: string, client = this.connect()): Promise<Opened> {
    const store = new DynamodbStore(client, { table: this.named(name) });
    await store.setup();
    return { store, client };
  }
}

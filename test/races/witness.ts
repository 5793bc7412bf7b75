import assert from "node:assert/strict";
import { overHttp, type Reply } from "../../src/testing/adapters/send.ts";
import { Client, type RunningApp } from "../support/client.ts";

/** A response, and how long it took. */
export interface Timed extends Reply {
  readonly ms: number;
}

export async function timed(asking: Promise<Reply>): Promise<Timed> {
  const start = performance.now();
  const reply = await asking;
  return Object.assign(reply, { ms: performance.now() - start });
}

/** A browser whose user remembers what was acknowledged, and what was not. */
export class Witness {
  readonly client: Client;
  readonly #user: string;
  readonly #acknowledged = new Map<string, number>();
  readonly #doubtful = new Map<string, number>();
  #values = 0;

  constructor(app: Pick<RunningApp, "origin">, user: string) {
    this.client = new Client(overHttp(app.origin), app.origin);
    this.#user = user;
  }

  /** One whose user is logged in, with data from before and after the login. */
  static async loggedIn(app: Pick<RunningApp, "origin">, user = "ada"): Promise<Witness> {
    const witness = new Witness(app, user);
    assert.equal((await witness.write()).status, 200);
    assert.equal((await witness.login()).status, 200);
    assert.equal((await witness.write()).status, 200);
    return witness;
  }

  /** Writes a key of its own. */
  async write(): Promise<Timed> {
    this.#values += 1;
    const [key, value] = [`key${this.#values}`, this.#values];
    const reply = await timed(this.client.ask("PUT", `/data/${key}`, { json: value }));
    (reply.status === 200 ? this.#acknowledged : this.#doubtful).set(key, value);
    return reply;
  }

  login(): Promise<Timed> {
    return this.post(`/login?user=${this.#user}`);
  }

  get(path: string): Promise<Timed> {
    return timed(this.client.get(path));
  }

  post(path: string): Promise<Timed> {
    return timed(this.client.post(path));
  }

  /** The user is logged in, all that was acknowledged is there, and of the rest each write is there whole or not at all. */
  async expectKept(): Promise<void> {
    const { user, new: isNew } = (await this.get("/me")).json();
    assert.deepEqual([user, isNew], [this.#user, false]);
    const data = (await this.get("/dump")).json();
    for (const [key, value] of this.#acknowledged) assert.equal(data[key], value, `${key} was acknowledged`);
    for (const [key, value] of this.#doubtful) assert.ok([undefined, value].includes(data[key]), key);
  }
}

import type {
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../../src/session/store.ts";
import type { Operation, Shown, Span } from "./history.ts";

/** What a client has in hand when it writes: a version, and the value that it stands for. */
export interface Known {
  readonly version: Version;
  readonly value: string;
}

/** What somebody learned about a record: undefined when there was no answer. */
type Learned = Known | "gone" | undefined;

type Answer<T> = { readonly value: T } | undefined;

const NOW = new Date(Date.UTC(2031, 0, 1));

/** Calls stores, and writes down what it asked them when, and what they answered. */
export class Recorder {
  /** How often each operation had which answer. */
  readonly outcomes: Record<string, number> = {};
  /** What is wrong whatever the order. */
  readonly problems: string[] = [];
  readonly #timeout: number;
  readonly #histories = new Map<string, { key: SessionKey; operations: Operation[] }>();
  /** For each record, what value a version stands for. */
  readonly #versions = new Map<string, Map<string, string>>();
  readonly #ends: { owner: string; except: readonly string[]; operation: Operation }[] = [];
  #ticks = 0;
  #values = 0;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  get keys(): SessionKey[] {
    return Array.from(this.#histories.values(), ({ key }) => key);
  }

  /** Everything that was done to one record, with what was done to all of its owner's. */
  historyOf(key: SessionKey): Operation[] {
    const own = this.#history(key);
    const began = Math.min(...own.map(({ called }) => called));
    const ends = this.#ends.filter(
      ({ owner, except, operation }) =>
        owner === key.owner && !except.includes(key.id) && operation.answered > began,
    );
    return [...own, ...ends.map(({ operation }) => operation)];
  }

  async create(store: SessionStore, client: number, key: SessionKey): Promise<Learned> {
    const { shown, record } = this.#newRecord();
    const { span, answer } = await this.#call(client, () => store.create(key, record, NOW));
    const outcome = answer && (answer.value === undefined ? "exists" : "created");
    this.#count("create", outcome);
    this.#history(key).push({ ...span, ...shown, kind: "create", answer: outcome });
    return answer?.value === undefined ? undefined : this.#learn(key, shown.value, answer.value);
  }

  async load(store: SessionStore, client: number, key: SessionKey): Promise<Learned> {
    const { span, answer } = await this.#call(client, () => store.load(key, NOW));
    this.#count("load", answer && (answer.value === undefined ? "nothing" : "found"));
    if (answer === undefined) return undefined;
    const stored = answer.value;
    this.#history(key).push({ ...span, kind: "load", answer: stored ? this.#show(key, stored) : "nothing" });
    return stored ? this.#learn(key, valueOf(stored), stored.version) : "gone";
  }

  async save(store: SessionStore, client: number, key: SessionKey, known: Known): Promise<Learned> {
    const { shown, record } = this.#newRecord();
    const { span, answer } = await this.#call(client, () => store.save(key, known.version, record, NOW));
    return this.#noteSave(key, known, shown, span, answer?.value, "save");
  }

  /** `next` is what is known of the next record: "gone" when there must be none. */
  async replace(
    store: SessionStore,
    client: number,
    key: SessionKey,
    known: Known,
    nextKey: SessionKey,
  ): Promise<{ learned: Learned; next: Learned }> {
    const [retired, next] = [this.#newRecord(), this.#newRecord()];
    const { span, answer } = await this.#call(client, () =>
      store.replace(key, known.version, retired.record, nextKey, next.record, NOW),
    );
    const result = answer?.value;
    // The version in the answer is the next record's; the retired one's nobody was told.
    const learned = this.#noteSave(key, known, retired.shown, span, result, "replace");
    if (result !== undefined && result.outcome !== "saved") {
      this.#history(nextKey);
      return { learned, next: "gone" };
    }
    this.#history(nextKey).push({ ...span, ...next.shown, kind: "create", answer: result && "created" });
    return { learned, next: result && this.#learn(nextKey, next.shown.value, result.version) };
  }

  async touch(store: SessionStore, client: number, key: SessionKey, known: Known): Promise<Learned> {
    const { shown, record } = this.#newRecord();
    const { span, answer } = await this.#call(client, () =>
      store.touch(key, known.version, record.expires, NOW),
    );
    this.#count("touch", answer?.value);
    this.#history(key).push({
      ...span,
      kind: "touch",
      expected: known.value,
      expires: shown.expires,
      answer: answer?.value,
    });
    return answer?.value === true ? known : undefined;
  }

  async delete(store: SessionStore, client: number, key: SessionKey): Promise<Learned> {
    const { span, answer } = await this.#call(client, () => store.delete(key));
    const shown = answer && (answer.value ? this.#show(key, answer.value) : "nothing");
    this.#count("delete", shown && (shown === "nothing" ? shown : "found"));
    this.#history(key).push({ ...span, kind: "delete", answer: shown });
    return answer && "gone";
  }

  async deleteOwned(
    store: SessionStore,
    client: number,
    owner: string,
    except: readonly string[],
  ): Promise<void> {
    const { span, answer } = await this.#call(client, () => store.deleteOwned!(owner, except, NOW));
    this.#count("deleteOwned", answer && "ended");
    this.#ends.push({ owner, except, operation: { ...span, kind: "end" } });
  }

  #noteSave(
    key: SessionKey,
    known: Known,
    shown: Shown,
    span: Span,
    result: SaveResult | undefined,
    name: "save" | "replace",
  ): Learned {
    this.#count(name, result?.outcome);
    const answer = result?.outcome === "conflict" ? this.#show(key, result.current) : result?.outcome;
    this.#history(key).push({ ...span, ...shown, kind: "save", expected: known.value, answer });
    if (result?.outcome === "conflict")
      return this.#learn(key, valueOf(result.current), result.current.version);
    if (result?.outcome === "gone") return "gone";
    return result && name === "save" ? this.#learn(key, shown.value, result.version) : undefined;
  }

  async #call<T>(client: number, ask: () => Promise<T>): Promise<{ span: Span; answer: Answer<T> }> {
    this.#ticks += 1;
    const called = this.#ticks;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#timeout);
    });
    const answer = await Promise.race([
      ask().then(
        (value) => ({ value }),
        () => undefined,
      ),
      late,
    ]);
    clearTimeout(timer);
    this.#ticks += 1;
    return { span: { client, called, answered: answer === undefined ? Infinity : this.#ticks }, answer };
  }

  #history(key: SessionKey): Operation[] {
    const history = this.#histories.get(key.id) ?? { key, operations: [] };
    this.#histories.set(key.id, history);
    return history.operations;
  }

  #count(operation: string, outcome: string | boolean | undefined): void {
    const name = `${operation} ${outcome ?? "unanswered"}`;
    this.outcomes[name] = (this.outcomes[name] ?? 0) + 1;
  }

  /** A record like no other one. Its length differs, and all of it follows from its value, so that none can be half of another. */
  #newRecord(): { shown: Shown; record: SessionRecord } {
    this.#values += 1;
    const value = String(this.#values);
    const expires = NOW.getTime() + 3_600_000 + this.#values;
    return { shown: { value, expires }, record: { data: dataOf(value), expires: new Date(expires) } };
  }

  #show(key: SessionKey, stored: StoredRecord): Shown {
    const value = valueOf(stored);
    if (Buffer.compare(dataOf(value), stored.data) !== 0) {
      this.problems.push(`the data of ${value} is torn`);
    }
    this.#learn(key, value, stored.version);
    return { value, expires: stored.expires.getTime() };
  }

  #learn(key: SessionKey, value: string, version: Version): Known {
    const text =
      version instanceof Uint8Array ? Buffer.from(version).toString("hex") : JSON.stringify(version);
    const values = this.#versions.get(key.id) ?? new Map<string, string>();
    this.#versions.set(key.id, values);
    const other = values.get(text) ?? value;
    if (other !== value) this.problems.push(`version ${text} stands for both ${other} and ${value}`);
    values.set(text, value);
    return { version, value };
  }
}

function dataOf(value: string): Uint8Array {
  return Buffer.from(`${value}:${`${value},`.repeat(Number(value) % 97)}`);
}

function valueOf(stored: StoredRecord): string {
  return Buffer.from(stored.data).toString().split(":", 1)[0]!;
}

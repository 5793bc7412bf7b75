import type {
  LoadedRecord,
  RecordStore,
  SaveResult,
  SessionKey,
  SessionRecord,
  Version,
} from "../session/index.ts";

/** A store that makes its table or index before it is first used, as Flask-Session does when the app starts. */
export class PreparedStore implements RecordStore {
  readonly #store: RecordStore;
  #ready: Promise<void> | undefined;

  constructor(store: RecordStore) {
    this.#store = store;
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    return (await this.#prepared()).create(key, record, now);
  }

  async load(key: SessionKey, now: Date): Promise<LoadedRecord | undefined> {
    return (await this.#prepared()).load(key, now);
  }

  async save(
    key: SessionKey,
    version: Version,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult<LoadedRecord>> {
    return (await this.#prepared()).save(key, version, record, now);
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    return (await this.#prepared()).touch(key, version, expires, now);
  }

  async delete(key: SessionKey): Promise<LoadedRecord | undefined> {
    return (await this.#prepared()).delete(key);
  }

  async deleteExpired(limit: number, now: Date): Promise<number> {
    return (await this.#prepared()).deleteExpired?.(limit, now) ?? 0;
  }

  async setup(): Promise<void> {
    await this.#prepared();
  }

  /** What failed once, because the database was down, is tried again. */
  async #prepared(): Promise<RecordStore> {
    this.#ready ??= (this.#store.setup?.() ?? Promise.resolve()).catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    await this.#ready;
    return this.#store;
  }
}

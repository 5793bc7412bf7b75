import type { Session } from "../session/index.ts";
import type { Found, Keeping } from "../session/keeping.ts";
import type { WatchedRequest } from "./watched-request.ts";

/** Does what another keeping does, and tells a watched request of it. */
export class WatchedKeeping<Data extends object> implements Keeping<Data> {
  readonly #inner: Keeping<Data>;
  readonly #request: WatchedRequest;
  /** Runs work on behalf of the request, so that events find it. */
  readonly #within: <T>(work: () => T) => T;
  readonly #changed: () => void;

  constructor(
    inner: Keeping<Data>,
    request: WatchedRequest,
    within: <T>(work: () => T) => T,
    changed: () => void,
  ) {
    this.#inner = inner;
    this.#request = request;
    this.#within = within;
    this.#changed = changed;
  }

  get mayWait(): boolean {
    return this.#inner.mayWait;
  }

  get found(): Found | undefined {
    return this.#inner.found;
  }

  load(): Session<Data> | Promise<Session<Data>> {
    const begin = (session: Session<Data>): Session<Data> => {
      safely(() => this.#request.loaded(session));
      return session;
    };
    const loading = this.#within(() => this.#inner.load());
    return loading instanceof Promise ? loading.then(begin, (error) => this.#fail(error)) : begin(loading);
  }

  commit(session: Session<Data> | undefined, wanted: boolean): boolean | Promise<boolean> {
    safely(() => this.#request.committing(session));
    const end = (depends: boolean): boolean => {
      safely(() => this.#request.answered());
      this.#changed();
      return depends;
    };
    try {
      const storing = this.#within(() => this.#inner.commit(session, wanted));
      return storing instanceof Promise ? storing.then(end, (error) => this.#fail(error)) : end(storing);
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): never {
    this.#request.failed(error);
    this.#changed();
    throw error;
  }
}

/** Whoever looks on disturbs nothing: data that cannot be written is refused elsewhere, and in its own words. */
function safely(look: () => void): void {
  try {
    look();
  } catch {
    // It is not shown, and that is all.
  }
}

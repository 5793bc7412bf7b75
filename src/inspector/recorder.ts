import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { randomBytes } from "../crypto/random.ts";
import { encodeBase64url } from "../encoding/base64url.ts";
import type { CookieJar } from "../cookie/index.ts";
import { StoreError } from "../errors.ts";
import type { Session, SessionManager } from "../session/index.ts";
import type { Keeping } from "../session/keeping.ts";
import { isPlainLoopback, type RequestFacts } from "../session/request-facts.ts";
import type { Observed, Observer } from "../session/observer.ts";
import type { SessionCookie } from "../session/session-cookie.ts";
import { STORE_CHANNEL, type StoreCall } from "../session/server-side/guarded-store.ts";
import { Trace } from "./trace.ts";
import { WatchedKeeping } from "./watched-keeping.ts";
import { WatchedRequest } from "./watched-request.ts";
import { Watcher } from "./watcher.ts";

/** How many browsers are watched at once; one that has kept no cookie, or else the one that came first, makes room for the next. */
const BROWSERS = 100;

/** The cookie that says which browser it is. */
export const WATCH_COOKIE = "hipflask-inspector";
export const SECURE_WATCH_COOKIE = `__Host-${WATCH_COOKIE}`;

/** What it is called: as with the session's own, only on this machine there is no use for Secure. */
export function watchCookie(facts: RequestFacts): string {
  return isPlainLoopback(facts) ? WATCH_COOKIE : SECURE_WATCH_COOKIE;
}

/** A session that was opened to be looked at, and what that brought to light. */
export interface Probe {
  readonly trace: Trace;
  /** Undefined where the store could not be read. */
  readonly session: Session | undefined;
}

/** Notes what the sessions do for those browsers that have opened the inspector; of all others nothing is kept. */
export class Recorder implements Observer {
  readonly #sessions: SessionManager;
  readonly #path: string;
  readonly #watchers = new Map<string, Watcher>();
  /** Those whose cookie has not come back: perhaps the browser keeps none, and begins anew each time that it asks. */
  readonly #offered = new Set<string>();
  readonly #current = new AsyncLocalStorage<Trace>();
  readonly #requests = new WeakMap<CookieJar, WatchedRequest>();

  /** @param path where the inspector is, whose own requests are not noted */
  constructor(sessions: SessionManager, path: string) {
    this.#sessions = sessions;
    this.#path = path;
    sessions.observe(this);
    sessions.on("*", (event) => this.#here()?.note(event));
    subscribe(STORE_CHANNEL, (call) => this.#here()?.noteCall(call as StoreCall));
  }

  /** On whose behalf something happens just now. */
  #here(): Trace | undefined {
    const jar = this.#sessions.currentExchange()?.jar;
    return this.#current.getStore() ?? (jar && this.#requests.get(jar)?.trace);
  }

  watch<Data extends object>(observed: Observed<Data>): Keeping<Data> {
    const probing = this.#current.getStore();
    if (probing !== undefined) {
      probing.keeping = observed.keeping;
      probing.cookie = observed.cookie.name;
      probing.value = valueOf(observed.cookie);
      return observed.keeping;
    }
    const watcher = this.#watcherOf(observed);
    if (watcher === undefined || this.#isOwn(observed.request)) return observed.keeping;
    const { clock } = this.#sessions.settings.timing;
    const request = watcher.add((number) => new WatchedRequest(observed, number, clock));
    this.#requests.set(observed.jar, request);
    return new WatchedKeeping(
      observed.keeping,
      request,
      (work) => this.#current.run(request.trace, work),
      () => watcher.changed(request),
    );
  }

  #watcherOf({ jar, request }: Pick<Observed<object>, "jar" | "request">): Watcher | undefined {
    return this.#watchers.size === 0 ? undefined : this.watcher(jar.get(watchCookie(request)));
  }

  #isOwn({ url = "" }: RequestFacts): boolean {
    return url === this.#path || url.startsWith(`${this.#path}/`) || url.startsWith(`${this.#path}?`);
  }

  /** The watcher that a cookie names; undefined for one that was not made here. */
  watcher(id: string | undefined): Watcher | undefined {
    if (id === undefined) return undefined;
    this.#offered.delete(id);
    return this.#watchers.get(id);
  }

  /** Watches another browser, whose cookie has the returned value. */
  begin(): { id: string; watcher: Watcher } {
    if (this.#watchers.size >= BROWSERS) this.#makeRoom();
    const id = encodeBase64url(randomBytes(32));
    const watcher = new Watcher();
    this.#watchers.set(id, watcher);
    this.#offered.add(id);
    return { id, watcher };
  }

  #makeRoom(): void {
    const [first] = [...this.#offered, ...this.#watchers.keys()];
    this.#offered.delete(first!);
    this.#watchers.delete(first!);
  }

  /** Opens the session of a request as the application would, and stores nothing. */
  async probe(facts: RequestFacts): Promise<Probe> {
    const trace = new Trace();
    try {
      const session = await this.#current.run(trace, () => this.#sessions.open(facts).session());
      return { trace, session };
    } catch (error) {
      if (error instanceof StoreError) return { trace, session: undefined };
      throw error;
    }
  }
}

/** The value of the session's cookie, put together where it came in several; of what does not fit together the first. */
function valueOf(cookie: SessionCookie): string | undefined {
  const [first] = cookie.sent();
  if (first === undefined) return undefined;
  const whole = cookie.whole(first);
  return whole.fault === undefined ? whole.value : first;
}

import type { Clock } from "../clock.ts";
import { parseCookiePairs } from "../cookie/index.ts";
import { HipflaskError } from "../errors.ts";
import type { Session } from "../session/index.ts";
import type { Observed } from "../session/observer.ts";
import { changedPaths } from "./changed-paths.ts";
import { maskSetCookie, maskUrl } from "./mask.ts";
import type { PathChange, RequestReport } from "./report.ts";
import { Trace } from "./trace.ts";
import { reasonOf } from "./reason.ts";

const MOST = 60;
/** Names of cookies come from anybody. */
const LONGEST = 200;

/** A Set-Cookie that went out, without its value. */
export interface SeenSetCookie {
  readonly name: string;
  readonly header: string;
  readonly why: string;
}

/** One request of a browser that is watched, while it is answered and afterwards. */
export class WatchedRequest {
  readonly trace: Trace = new Trace();
  /** Let go of at the end, as `#before` is: it holds the browser's cookies and the session. */
  #observed: Observed<object> | undefined;
  readonly #begun: number;
  readonly #clock: Clock;
  readonly #fields: Omit<
    RequestReport,
    "setCookies" | "happenings" | "storeCalls" | "state" | "took" | "read" | "changes" | "failure"
  >;
  #state: RequestReport["state"] = "under way";
  #took: number | undefined;
  #read: RequestReport["read"] = "not asked for";
  #changes: PathChange[] = [];
  #failure: string | undefined;
  /** The session's text as it was loaded. */
  #before: string | undefined;
  #setCookies: readonly SeenSetCookie[] = [];
  #size: number | undefined;

  constructor(observed: Observed<object>, number: number, clock: Clock) {
    const { request } = observed;
    this.#observed = observed;
    this.#clock = clock;
    this.#begun = clock.now();
    this.#fields = {
      number,
      at: this.#begun,
      method: request.method ?? "",
      path: maskUrl(request.url ?? ""),
      sent: parseCookiePairs(request.cookie)
        .slice(0, MOST)
        .map(([name, value]) => ({ name: name.slice(0, LONGEST), size: name.length + value.length })),
    };
  }

  /** The session was loaded. */
  loaded(session: Session): void {
    this.#read = this.#observed?.keeping.found === undefined ? "none" : "found";
    this.#before = session.changes().text;
  }

  /** The session is about to be stored. */
  committing(session: Session | undefined): void {
    if (session === undefined || this.#before === undefined) return;
    this.#changes = changedPaths(this.#before, session.changes().text).slice(0, MOST);
  }

  /** The headers leave. */
  answered(): void {
    if (this.#observed === undefined) return;
    const { jar, cookie } = this.#observed;
    this.#end("answered");
    const headers = jar.setCookies().slice(0, MOST);
    this.#setCookies = headers.map((header) => {
      const name = header.slice(0, header.indexOf("="));
      const change = { happenings: this.trace.happenings, changes: this.#changes };
      return { name, header: maskSetCookie(header), why: reasonOf(header, cookie.name, change) };
    });
  }

  failed(error: unknown): void {
    this.#end("failed");
    this.#failure = error instanceof HipflaskError ? error.code : "an unexpected error";
  }

  #end(state: RequestReport["state"]): void {
    this.#observed = undefined;
    this.#before = undefined;
    this.#state = state;
    this.#took = this.#clock.now() - this.#begun;
  }

  get setCookies(): readonly SeenSetCookie[] {
    return this.#setCookies;
  }

  /** About how many bytes of memory it takes, when it has ended. */
  get size(): number {
    if (this.#state === "under way") return 0;
    this.#size ??= JSON.stringify([this.report, this.#setCookies]).length;
    return this.#size;
  }

  get report(): Omit<RequestReport, "setCookies"> {
    return {
      ...this.#fields,
      state: this.#state,
      took: this.#took,
      read: this.#read,
      changes: this.#changes,
      storeCalls: this.trace.storeCalls,
      happenings: this.trace.happenings,
      failure: this.#failure,
    };
  }
}

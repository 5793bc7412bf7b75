import type { SessionEvent } from "../session/index.ts";
import type { StoreCall } from "../session/server-side/guarded-store.ts";
import type { Keeping } from "../session/keeping.ts";
import type { Happening } from "./report.ts";

/** So much of one request is kept, whatever it does. */
const MOST = 30;

/** What the session manager did for one request. */
export class Trace {
  readonly happenings: Happening[] = [];
  readonly storeCalls: string[] = [];
  /** What loads the session, where that is asked afterwards. */
  keeping: Pick<Keeping<object>, "found"> | undefined;
  /** What the session's cookie is called in this request. */
  cookie = "";
  /** The value that came in it, put together where it came in several. */
  value: string | undefined;

  note({ type, message }: SessionEvent): void {
    if (this.happenings.length < MOST) this.happenings.push({ type, message });
  }

  noteCall({ operation, outcome }: StoreCall): void {
    if (this.storeCalls.length < MOST)
      this.storeCalls.push(outcome === "ok" ? operation : `${operation} (${outcome})`);
  }
}

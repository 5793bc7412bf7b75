import { seconds } from "../clock.ts";
import { MalformedError } from "../errors.ts";
import {
  type AcceptedFormat,
  type AcceptedSession,
  type ForeignCookie,
  refuseForeign,
  StoreGuard,
} from "../session/index.ts";

/** Seconds that an old store may take. */
const TIMEOUT = 1;
const MAX_PENDING = 1000;

/** How sessions look that another program keeps in a store, with an ID in a cookie. */
interface RecordForm<Store extends object> {
  readonly program: string;
  readonly cookie: ForeignCookie;
  readonly store: Store;
  /** Whether a value has the form of one that holds an ID. */
  matches(value: string): boolean;
  /** The ID in a value of that form; undefined where the value is not genuine. */
  idIn(value: string): string | undefined;
  load(store: Store, id: string): Promise<unknown>;
  /**
   * What a record holds. @throws MalformedError
   *
   * @param json what the store gave, as JSON
   */
  read(json: string): AcceptedSession;
  end(store: Store, id: string): Promise<void>;
}

/** A format in which the cookie holds an ID, and a store of the other program's the session. */
export function acceptedRecord<Store extends object>(form: RecordForm<Store>): AcceptedFormat {
  const { program, cookie, store } = form;
  return {
    open({ timing, events }) {
      const guard = new StoreGuard(store, events, { timeout: TIMEOUT, maxPending: MAX_PENDING });

      async function read(id: string): Promise<AcceptedSession | null | undefined> {
        const record = await guard.call("load", (old) => form.load(old, id));
        if (record === undefined || record === null) return undefined;
        try {
          const session = form.read(jsonOf(record));
          if (session.expires === undefined || session.expires > seconds(timing.clock)) return session;
          refuseForeign(events, program, "expired");
        } catch (error) {
          if (!(error instanceof MalformedError)) throw error;
          events.emit("record.corrupt");
        }
        return null;
      }

      return {
        program,
        cookies: [cookie],
        find: (sent) => sent(cookie.name).filter((value) => form.matches(value)),
        open(value) {
          const origin = form.idIn(value);
          if (origin !== undefined) return { origin, read: () => read(origin) };
          refuseForeign(events, program, "bad_mac");
          return undefined;
        },
        end: (origin) => guard.call("delete", (old) => form.end(old, origin)),
      };
    },
  };
}

/** A store may give living objects. @throws MalformedError for those that are no JSON */
function jsonOf(record: unknown): string {
  try {
    return JSON.stringify(record);
  } catch {
    throw new MalformedError("The record is no JSON.");
  }
}

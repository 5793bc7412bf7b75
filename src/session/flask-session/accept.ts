import type { AcceptedFormat, AcceptedSession } from "../accepted-format.ts";
import type { CookieTemplate } from "../cookie-settings.ts";
import type { SecretKey } from "../../signer/index.ts";
import { withoutOwn } from "../reserved.ts";
import type { RecordStore } from "../store.ts";
import { withTextUser } from "../text-user.ts";
import { type FlaskSessionOptions, openRecords } from "./flask-session.ts";
import { FlaskSessionIds } from "./session-ids.ts";

/**
 * The sessions in a store of Flask-Session's, to be taken over.
 *
 * @param cookie Flask's
 * @param keys what its IDs were signed with, where they were; oldest first
 */
export function acceptedFlaskSession(
  store: RecordStore,
  options: FlaskSessionOptions,
  cookie: CookieTemplate,
  keys: readonly SecretKey[] | undefined,
): AcceptedFormat {
  const ids = new FlaskSessionIds(32, keys);
  return {
    open({ timing, events }) {
      const records = openRecords(store, options, timing, events);
      return {
        program: "Flask-Session",
        cookies: [cookie],
        find: (sent) => sent(cookie.name).filter((value) => ids.read(value) !== undefined),
        open(value) {
          const id = ids.read(value)!;
          const read = async (): Promise<AcceptedSession | null | undefined> => {
            const stored = await records.load(id);
            return stored && { ...stored.read, data: withTextUser(withoutOwn(stored.read.data)) };
          };
          return { origin: id.key.id, read };
        },
        end: (origin) => records.end({ text: origin, key: { id: origin, owner: undefined } }),
      };
    },
  };
}

import type { SessionKey } from "../../session/store.ts";

/** The IDs of every release of Flask-Session's, and of any SESSION_ID_LENGTH. */
const ID = /^[\w-]{20,128}$/;

/**
 * What Flask-Session keeps a session under. Here an ID comes to the database in the clear, so it is looked at once more before it does.
 *
 * @throws TypeError for what is no session ID
 */
export function storeKey(prefix: string, { id }: SessionKey): string {
  if (typeof id === "string" && ID.test(id)) return prefix + id;
  throw new TypeError("A session's ID in Flask-Session is 20 to 128 characters of base64url.");
}

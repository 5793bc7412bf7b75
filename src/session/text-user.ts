import type { Dict } from "../codec/index.ts";
import { RESERVED } from "./reserved.ts";

/** A user's ID as text where it is a whole number: Flask-Login takes what `get_id` gives. Undefined for anything else. */
export function textOfUser(user: unknown): string | undefined {
  return Number.isInteger(user) || typeof user === "bigint" ? String(user) : undefined;
}

/** A session of Flask's with its user as ours have it. */
export function withTextUser(data: Dict): Dict {
  const user = textOfUser(data[RESERVED.user]);
  return user === undefined ? data : { ...data, [RESERVED.user]: user };
}

import type { Dict } from "../codec/index.ts";
import { RESERVED } from "./reserved.ts";

/** A session of Flask's with its user as ours have it: Flask-Login takes what `get_id` gives, and for many that is a number. */
export function withTextUser(data: Dict): Dict {
  const user = data[RESERVED.user];
  if (!Number.isInteger(user) && typeof user !== "bigint") return data;
  return { ...data, [RESERVED.user]: String(user) };
}

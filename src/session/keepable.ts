import type { Dict } from "../codec/index.ts";
import { DataError } from "../errors.ts";
import type { AcceptedSession } from "./accepted-format.ts";
import type { Events } from "./events.ts";
import { RESERVED } from "./reserved.ts";
import type { SessionJson } from "./session-json.ts";

/** The text of a session of another program's. What cannot be held here is left out, rather than the whole session. */
export function keepableText(
  json: SessionJson,
  { data, numberTypes }: Pick<AcceptedSession, "data" | "numberTypes">,
  events: Events,
): string {
  try {
    return json.stringify(data, numberTypes);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
  }
  const kept: Dict = Object.fromEntries(Object.entries(data).filter((entry) => fits(json, entry)));
  events.emit(
    "session.schema",
    "A session of another program's holds what this storage cannot keep; those keys were left out.",
  );
  return json.stringify(kept, numberTypes);
}

/** Whether a session of another program's holds anything. Some give an empty one to every visitor. */
export function holdsAnything({ data }: Pick<AcceptedSession, "data">): boolean {
  return Object.keys(data).some((key) => key !== RESERVED.permanent);
}

function fits(json: SessionJson, [key, value]: [string, unknown]): boolean {
  try {
    json.stringify({ [key]: value });
    return true;
  } catch (error) {
    if (error instanceof DataError) return error.code === "UNREPRESENTABLE";
    throw error;
  }
}

import type { Dict } from "../codec/index.ts";
import type { GenuineCookie } from "./open-cookie.ts";
import { readOnly } from "./read-only.ts";
import { splitReserved } from "./reserved.ts";
import { fit, type StandardSchema } from "./schema.ts";
import { Session } from "./session.ts";
import type { Settings } from "./settings.ts";

/** The session that a request begins with: what its cookie holds, as the schema wants it, or an empty one. */
export function startSession<Data extends object>(
  settings: Settings<Data>,
  opened: GenuineCookie | undefined,
): Session<Data> | Promise<Session<Data>> {
  const stored = opened?.data ?? {};
  // Under Flask's rules data is Flask's dict, whole.
  const { data, reserved } =
    settings.flask === undefined ? splitReserved(stored) : { data: stored, reserved: {} };
  if (settings.schema !== undefined) return startFitted(settings, settings.schema, opened, data, reserved);
  return new Session(settings, {
    data: (settings.refuseWrites === undefined ? data : readOnly(data, settings.refuseWrites)) as Data,
    hidden: reserved,
    numberTypes: opened?.numberTypes,
    text: opened?.json ?? "{}",
    isNew: opened === undefined,
  });
}

async function startFitted<Data extends object>(
  settings: Settings<Data>,
  schema: StandardSchema<Data>,
  opened: GenuineCookie | undefined,
  stored: Dict,
  reserved: Dict,
): Promise<Session<Data>> {
  const { data, replaced } = await fit(schema, stored);
  if (replaced !== undefined) {
    settings.events.emit(
      "session.schema",
      "Stored session data does not fit the schema; what does not fit got its default.",
    );
  }
  // A schema that drops what it does not know must not drop what another application wrote.
  const unknown = Object.entries(stored).filter(
    ([key]) => !Object.hasOwn(data, key) && replaced?.includes(key) !== true,
  );
  return new Session(settings, {
    data: data as Data,
    hidden: { ...Object.fromEntries(unknown), ...reserved },
    numberTypes: opened?.numberTypes,
    text: undefined,
    isNew: opened === undefined,
  });
}

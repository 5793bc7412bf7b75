import type { Dict } from "../codec/index.ts";
import { readOnly } from "./read-only.ts";
import { RESERVED, splitReserved } from "./reserved.ts";
import { copyData, emptyData, fit, type StandardSchema } from "./schema.ts";
import type { LiveSession } from "./live-session.ts";
import { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import type { ReadData } from "./session-json.ts";

/** The session that a request begins with: what was stored, as the schema wants it, or an empty one. */
export function startSession<Data extends object>(
  settings: Settings<Data>,
  opened: ReadData | undefined,
  live?: LiveSession<Data>,
): Session<Data> | Promise<Session<Data>> {
  const stored = opened?.data ?? beginning(settings);
  // Under Flask's rules data is Flask's dict, whole.
  const split = settings.flask === undefined ? splitReserved(stored) : { data: stored, reserved: {} };
  if (settings.schema !== undefined) return startFitted(settings, settings.schema, opened, split, live);
  return new Session(settings, {
    data: writable(settings, split.data),
    hidden: split.reserved,
    numberTypes: opened?.numberTypes,
    text: opened?.json ?? (settings.flask?.permanent ? undefined : "{}"),
    isNew: opened === undefined,
    empty: () => beginning(settings) as Data,
    live,
  });
}

/** What a new session holds before anybody has written it. */
function beginning<Data extends object>({ flask }: Settings<Data>): Dict {
  return flask?.permanent === true ? { [RESERVED.permanent]: true } : {};
}

async function startFitted<Data extends object>(
  settings: Settings<Data>,
  schema: StandardSchema<Data>,
  opened: ReadData | undefined,
  { data: stored, reserved }: { data: Dict; reserved: Dict },
  live: LiveSession<Data> | undefined,
): Promise<Session<Data>> {
  const { data, replaced, empty } = await fit(schema, stored);
  if (replaced.length > 0) {
    settings.events.emit(
      "session.schema",
      "Stored session data does not fit the schema; what does not fit got its default.",
    );
  }
  // Nothing has moved yet, so every number's type can be found by its place.
  opened?.numberTypes?.adopt(data);
  // A schema that drops what it does not know must not drop what another application wrote.
  const unknown = Object.entries(stored).filter(
    ([key]) => !Object.hasOwn(data, key) && !replaced.includes(key),
  );
  return new Session(settings, {
    data: writable(settings, data),
    hidden: { ...Object.fromEntries(unknown), ...reserved },
    numberTypes: opened?.numberTypes,
    text: undefined,
    isNew: opened === undefined,
    empty: () => (empty === undefined ? emptyData(schema) : copyData(empty)) as Data,
    live,
  });
}

/** Data that explains itself where it cannot be written. */
function writable<Data extends object>({ refuseWrites }: Settings<Data>, data: Dict): Data {
  return (refuseWrites === undefined ? data : readOnly(data, refuseWrites)) as Data;
}

import { seconds } from "../clock.ts";
import type { Dict, OpenedCookie } from "../codec/index.ts";
import { RESERVED } from "./reserved.ts";
import type { Settings } from "./settings.ts";

/** A session cookie that is ours, whole, and young enough. */
export type GenuineCookie = Extract<OpenedCookie, { data: Dict }>;

/**
 * The session behind a request's cookies of the session's name, if there is one. A bad cookie is the same as none, and one
 * event.
 */
export function openCookie<Data extends object>(
  settings: Settings<Data>,
  values: readonly string[],
): GenuineCookie | undefined {
  // Flask takes the first of several and looks no further.
  if (settings.flask !== undefined)
    return values[0] === undefined ? undefined : openValue(settings, values[0]);
  const genuine = [...new Set(values)].flatMap((value) => openValue(settings, value) ?? []);
  if (genuine.length <= 1) return genuine[0];
  settings.events.emit(
    "cookie.duplicate",
    "Two different genuine session cookies of one name came with a request; neither was used.",
  );
  return undefined;
}

function openValue<Data extends object>(settings: Settings<Data>, value: string): GenuineCookie | undefined {
  const { codec, timing, flask, events } = settings;
  if (value === "") return undefined;
  const opened = codec.open(value, timing.idleTimeout ?? timing.lifetime);
  if (opened.refused !== undefined) {
    events.emit(`token.${opened.refused}`, REFUSALS[opened.refused]);
    return undefined;
  }
  const created = opened.data[RESERVED.created];
  if (
    flask === undefined &&
    typeof created === "number" &&
    seconds(timing.clock) - created > timing.lifetime
  ) {
    events.emit("token.expired", REFUSALS.expired);
    return undefined;
  }
  if (opened.oldKey) events.emit("token.old_key", "A session cookie was signed by a fallback key.");
  return opened;
}

const REFUSALS = {
  bad_mac: "A session cookie's signature does not match any key.",
  expired: "A session cookie is older than the session may be.",
  future: "A session cookie was signed more than five seconds in the future: compare the machines' clocks.",
  malformed: "A session cookie cannot be read although its signature is right.",
  too_large: "A session cookie is larger than the limit.",
} as const;

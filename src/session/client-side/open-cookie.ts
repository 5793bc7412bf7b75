import { seconds } from "../../clock.ts";
import type { FlaskCookie } from "../../codec/index.ts";
import { RESERVED } from "../reserved.ts";
import type { Settings } from "../settings.ts";
import type { GenuineCookie } from "../storage.ts";

/**
 * The session behind a request's cookies of the session's name, if there is one. A bad cookie is the same as none, and one
 * event.
 */
export function openCookie<Data extends object>(
  settings: Settings<Data>,
  codec: FlaskCookie,
  values: readonly string[],
): GenuineCookie | undefined {
  // Flask takes the first of several and looks no further.
  if (settings.flask !== undefined || values.length <= 1)
    return values[0] === undefined ? undefined : openValue(settings, codec, values[0]);
  const genuine = [...new Set(values)].flatMap((value) => openValue(settings, codec, value) ?? []);
  if (genuine.length <= 1) return genuine[0];
  settings.events.emit("cookie.duplicate");
  return undefined;
}

function openValue<Data extends object>(
  { timing, flask, events }: Settings<Data>,
  codec: FlaskCookie,
  value: string,
): GenuineCookie | undefined {
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

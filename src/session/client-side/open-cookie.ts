import { seconds } from "../../clock.ts";
import type { CookieCodec } from "../../codec/index.ts";
import { RESERVED } from "../reserved.ts";
import type { Settings } from "../settings.ts";
import { CHUNK_FAULTS, type SessionCookie } from "../session-cookie.ts";
import type { GenuineCookie } from "../storage.ts";

/**
 * The session behind a request's cookies of the session's name, if there is one. A bad cookie is the same as none, and one
 * event.
 *
 * @param values those of the cookies; of a session in several cookies, those of the first one
 */
export function openCookie<Data extends object>(
  settings: Settings<Data>,
  codec: CookieCodec,
  cookie: SessionCookie,
  values: readonly string[],
): GenuineCookie | undefined {
  const open = (value: string): GenuineCookie | undefined => openValue(settings, codec, cookie, value);
  if (values.length === 0 && cookie.isHeadless) settings.events.emit("cookie.chunk", CHUNK_FAULTS.missing);
  // Flask takes the first of several and looks no further.
  if (settings.flask !== undefined || values.length <= 1)
    return values[0] === undefined ? undefined : open(values[0]);
  const genuine = [...new Set(values)].flatMap((value) => open(value) ?? []);
  if (genuine.length <= 1) return genuine[0];
  settings.events.emit("cookie.duplicate");
  return undefined;
}

function openValue<Data extends object>(
  { timing, flask, events }: Settings<Data>,
  codec: CookieCodec,
  cookie: SessionCookie,
  value: string,
): GenuineCookie | undefined {
  if (value === "") return undefined;
  const whole = cookie.whole(value);
  if (whole.fault !== undefined) {
    events.emit("cookie.chunk", CHUNK_FAULTS[whole.fault]);
    return undefined;
  }
  const opened = codec.open(whole.value, timing.idleTimeout ?? timing.lifetime, cookie.name);
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
  if (opened.oldKey) events.emit("token.old_key", "A session cookie was made with a fallback key.");
  return opened;
}

const REFUSALS = {
  bad_mac:
    "A session cookie has no signature that one of the keys has made: it was changed, or made with another one.",
  unknown_key: "A session cookie was made with a key that is not configured.",
  expired: "A session cookie is older than the session may be.",
  future: "A session cookie was made more than five seconds in the future: compare the machines' clocks.",
  malformed: "A session cookie is not of the form that was expected, or holds what cannot be read.",
  too_large: "A session cookie is larger than the limit.",
} as const;

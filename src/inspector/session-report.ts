import { seconds } from "../clock.ts";
import type { SessionManager } from "../session/index.ts";
import { formOf, keyIdOf } from "./cookie-kind.ts";
import { maskData } from "./mask.ts";
import type { Probe } from "./recorder.ts";
import type { SessionReport } from "./report.ts";

/** The session that came with a request, decoded. */
export function sessionReport({ settings }: SessionManager, { trace, session }: Probe): SessionReport {
  const { value } = trace;
  const found = trace.keeping?.found;
  const form = value === undefined ? undefined : formOf(value);
  const { clock, lifetime, idleTimeout } = settings.timing;
  const start = settings.flask === undefined ? found?.created : found?.used;
  return {
    cookie: trace.cookie,
    state: stateOf(session !== undefined, found !== undefined, value !== undefined),
    happenings: trace.happenings,
    format: form?.format,
    key: found && value !== undefined && form?.kind !== "opaque" ? keyOf(value, found.oldKey) : undefined,
    id: found && session?.id,
    user: found && session?.user,
    permanent: session?.permanent === true,
    data: found && maskData(session?.data),
    now: seconds(clock),
    created: found?.created,
    used: found?.used,
    idleEnd: plus(found?.used, idleTimeout),
    absoluteEnd: plus(start, lifetime),
    parts: value === undefined || value === "" ? [] : form!.parts(value),
  };
}

function stateOf(isRead: boolean, isFound: boolean, wasSent: boolean): SessionReport["state"] {
  if (!isRead) return "failed";
  if (isFound) return "good";
  return wasSent ? "refused" : "none";
}

function keyOf(value: string, oldKey: boolean): string {
  const which = oldKey ? "a fallback key" : "the newest key";
  return formOf(value).kind === "encrypted" ? `${which} (${keyIdOf(value)})` : which;
}

function plus(instant: number | undefined, duration: number | undefined): number | undefined {
  return instant === undefined || duration === undefined ? undefined : instant + duration;
}

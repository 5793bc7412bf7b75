import { type Finding, judgeCookieHeader, judgeSetCookie } from "../browser/index.ts";
import { parseCookiePairs } from "../cookie/index.ts";
import type { SessionManager } from "../session/index.ts";
import { formOf, isCopyCookie, isSessionCookie } from "./cookie-kind.ts";
import { maskToken, maskValue } from "./mask.ts";
import { type Recorder, SECURE_WATCH_COOKIE, WATCH_COOKIE } from "./recorder.ts";
import type { CookieReport, RequestReport, State } from "./report.ts";
import { sessionReport } from "./session-report.ts";
import type { Trace } from "./trace.ts";
import type { WatchedRequest } from "./watched-request.ts";
import { KEPT_REQUESTS, type Watcher } from "./watcher.ts";
import type { Look } from "./look.ts";

/**
 * Everything that the page shows to one browser, of that browser's own.
 *
 * @param watcher undefined where the browser cannot be told from others
 */
export async function stateOf(
  sessions: SessionManager,
  recorder: Recorder,
  watcher: Watcher | undefined,
  { facts, origin }: Look,
): Promise<State> {
  const probe = await recorder.probe(facts);
  const session = sessionReport(sessions, probe);
  const verdict = judgeCookieHeader(String(facts.cookie ?? ""));
  return {
    cookies: parseCookiePairs(facts.cookie)
      .map(([name, value]): CookieReport => {
        const setBy = watcher?.setCookieOf(name);
        const findings = [
          ...verdict.cookies.filter((cookie) => cookie.name === name).flatMap((cookie) => cookie.findings),
          ...(setBy === undefined ? [] : judgeSetCookie(setBy, { url: `${origin}/` }).findings),
        ];
        return { ...cookieReport(name, value, probe.trace), setBy, findings: distinct(findings) };
      })
      .toSorted((a, b) => Number(a.role === "inspector") - Number(b.role === "inspector")),
    findings: verdict.findings,
    session,
    isWatched: watcher !== undefined,
    requests: (watcher?.requests ?? []).map((request) => requestReport(request, origin)),
    limit: KEPT_REQUESTS,
  };
}

function cookieReport(
  name: string,
  value: string,
  { cookie, value: whole = value }: Trace,
): Omit<CookieReport, "setBy" | "findings"> {
  const isWatch = name === WATCH_COOKIE || name === SECURE_WATCH_COOKIE;
  const isCopy = isCopyCookie(name, cookie);
  const isSession = isCopy || isSessionCookie(name, cookie);
  const { kind, format } = formOf(isSession && !isCopy ? whole : value);
  return {
    name,
    size: name.length + value.length,
    shown: isWatch || isSession ? maskToken(value) : maskValue(name, value),
    kind,
    format,
    role: isSession ? "session" : isWatch ? "inspector" : undefined,
  };
}

function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.code, finding])).values()];
}

/** With what browsers make of each Set-Cookie, the page being where the address bar says. */
function requestReport(request: WatchedRequest, origin: string): RequestReport {
  const { report } = request;
  return {
    ...report,
    setCookies: request.setCookies.map(({ name, header, why }) => {
      const { stored, findings } = judgeSetCookie(header, { url: origin + report.path.replace(/\?.*/, "") });
      const size = header.split(";", 1)[0]!.length - 1;
      return { name, header, size, why, stored, findings };
    }),
  };
}

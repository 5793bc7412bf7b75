/** @jsxImportSource preact */
import type { RequestReport, SetCookieReport } from "../report.ts";
import { forget } from "./api.ts";
import { Findings, Happenings, isTrouble } from "./findings.tsx";
import { clockText } from "./time.ts";

type Ask = (header: string, url: string) => void;

export function RequestsPanel({
  requests,
  isWatched,
  isCookieless,
  limit,
  onForgotten,
  onAsk,
}: {
  requests: readonly RequestReport[];
  isWatched: boolean;
  isCookieless: boolean;
  limit: number;
  onForgotten: () => void;
  onAsk: Ask;
}) {
  return (
    <section id="requests" aria-labelledby="requests-title" tabIndex={-1}>
      <h2 id="requests-title">
        Requests <span class="count">the last {limit} of this browser</span>
        {requests.length > 0 && (
          <button type="button" class="small" onClick={() => void forget().then(onForgotten)}>
            Forget them
          </button>
        )}
      </h2>
      {!isWatched && (
        <p class="alert">
          This page came over plain http, and not from localhost. Browsers keep no Secure cookie here: neither
          the session's nor the one by which the inspector knows your requests. Open it over https, or as
          http://localhost.
        </p>
      )}
      {isCookieless && (
        <p class="alert">
          This browser keeps no cookie of this page, so the inspector cannot tell its requests from those of
          others. Allow cookies here, and load the page again.
        </p>
      )}
      {requests.length === 0 ? (
        <p class="quiet">
          {isWatched && !isCookieless
            ? "None yet. Use the application in another tab of this browser: its requests appear here."
            : "None can be shown."}
        </p>
      ) : (
        <ul class="rows requests">
          {requests.map((request) => (
            <Request key={request.number} request={request} onAsk={onAsk} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Request({ request, onAsk }: { request: RequestReport; onAsk: Ask }) {
  const { method, path, at, took, sent, happenings, setCookies, storeCalls } = request;
  return (
    <li>
      <details>
        <summary>
          <time dateTime={new Date(at).toISOString()}>{clockText(at)}</time>
          <code class="name">
            {method} {path}
          </code>
          <span class="tags">
            {summaryOf(request).map(([text, level]) => (
              <span key={text} class={`pill ${level}`}>
                {text}
              </span>
            ))}
          </span>
        </summary>
        <dl class="facts">
          <div>
            <dt>Cookies sent</dt>
            <dd>
              {sent.length === 0
                ? "none"
                : sent.map(({ name, size }, i) => (
                    <span key={i}>
                      <code>{name}</code> {size} bytes{i < sent.length - 1 && ", "}
                    </span>
                  ))}
            </dd>
          </div>
          <div>
            <dt>Session</dt>
            <dd>{READ[request.read]}</dd>
          </div>
          <div>
            <dt>Changed</dt>
            <dd>
              {request.changes.length === 0
                ? "nothing"
                : request.changes.map(({ path: place, how }) => (
                    <span key={place} class="change">
                      <code>{place}</code> {how}
                    </span>
                  ))}
            </dd>
          </div>
          {storeCalls.length > 0 && (
            <div>
              <dt>Store</dt>
              <dd>{storeCalls.join(", ")}</dd>
            </div>
          )}
          <div>
            <dt>Outcome</dt>
            <dd>{outcomeOf(request, took)}</dd>
          </div>
        </dl>
        <Happenings happenings={happenings} />
        {setCookies.map((cookie, i) => (
          <SentBack key={i} cookie={cookie} url={location.origin + path.replace(/\?.*/, "")} onAsk={onAsk} />
        ))}
      </details>
    </li>
  );
}

const READ = {
  "not asked for": "nobody asked for it, so nothing was read",
  none: "asked for; this browser had none that is good",
  found: "asked for, and found",
} as const;

function outcomeOf({ state, failure }: RequestReport, took: number | undefined): string {
  if (state === "under way") return "no headers have left yet, or it has no answer (a WebSocket)";
  const time = took === undefined ? "" : `headers after ${took} ms`;
  return failure === undefined ? time : `failed (${failure}), ${time}`;
}

function SentBack({ cookie, url, onAsk }: { cookie: SetCookieReport; url: string; onAsk: Ask }) {
  const { name, header, size, why, stored, findings } = cookie;
  const attributes = header.slice(header.indexOf(";"));
  return (
    <div class="set-cookie">
      <p>
        <span class="quiet">Set-Cookie</span> <code>{name}</code>{" "}
        <span class="quiet">
          {size} bytes{header.includes(";") && attributes}
        </span>
      </p>
      <p>
        {why}{" "}
        <button type="button" class="small" onClick={() => onAsk(`Set-Cookie: ${header}`, url)}>
          {stored ? "When is it sent?" : "Why not?"}
        </button>
      </p>
      <Findings findings={findings} />
    </div>
  );
}

/** The most important things about a request, in a few words. */
function summaryOf({ happenings, changes, setCookies, read, state }: RequestReport): [string, string][] {
  const trouble = happenings.find(({ type }) => isTrouble(type));
  const conflicts = happenings.filter(({ type }) => type === "session.conflict").length;
  const isRefused = setCookies.some(({ findings }) => findings.some(({ level }) => level === "refused"));
  const parts: ([string, string] | undefined)[] = [
    trouble && [trouble.type, "refused"],
    state === "failed" ? ["failed", "refused"] : undefined,
    conflicts > 0 ? ["merged", "readable"] : undefined,
    changes.length > 0 ? [`${changes.length} changed`, "signed"] : undefined,
    changes.length === 0 && read !== "not asked for" ? ["read", "opaque"] : undefined,
    setCookies.length > 0
      ? [`${setCookies.length} Set-Cookie`, isRefused ? "refused" : "encrypted"]
      : undefined,
  ];
  return parts.filter((part) => part !== undefined);
}

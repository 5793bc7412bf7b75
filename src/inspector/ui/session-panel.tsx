/** @jsxImportSource preact */
import type { ComponentChildren } from "preact";
import type { SessionReport } from "../report.ts";
import { Happenings } from "./findings.tsx";
import { dateText, fromNow } from "./time.ts";
import { Tree } from "./tree.tsx";

const STATES = {
  good: "good",
  none: "no session",
  refused: "refused",
  failed: "the store does not answer",
} as const;

const EXPLAINED = {
  good: undefined,
  none: "This browser sent no session cookie. It gets one when a request writes something into its session.",
  refused: "A session cookie came, and was not accepted: for the application this visitor is a new one.",
  failed: "Requests that need the session are answered with 503. Nobody is logged out.",
} as const;

export function SessionPanel({ session }: { session: SessionReport }) {
  const { state, now } = session;
  return (
    <section id="session" aria-labelledby="session-title" tabIndex={-1}>
      <h2 id="session-title">
        Session <span class={`pill ${state}`}>{STATES[state]}</span>
      </h2>
      {EXPLAINED[state] !== undefined && <p>{EXPLAINED[state]}</p>}
      <Happenings happenings={session.happenings} />
      <dl class="facts">
        <Fact name="Cookie">
          <code>{session.cookie}</code>
        </Fact>
        {session.format !== undefined && <Fact name="Format">{session.format}</Fact>}
        {session.key !== undefined && <Fact name="Key">{session.key}</Fact>}
        {session.user !== undefined && <Fact name="User">{session.user}</Fact>}
        {session.id !== undefined && (
          <Fact name="Name in the store">
            <code>{session.id.slice(0, 8)}…</code>
          </Fact>
        )}
        {state === "good" && (
          <Fact name="Kept">
            {session.permanent ? "beyond the browser's own session" : "until the browser closes"}
          </Fact>
        )}
        <Instant name="Created" at={session.created} now={now} />
        <Instant name="Last use noted" at={session.used} now={now} />
        <Instant name="Ends if unused" at={session.idleEnd} now={now} />
        <Instant name="Ends at the latest" at={session.absoluteEnd} now={now} />
      </dl>
      {state === "good" && (
        <>
          <h3>Data</h3>
          <Tree value={session.data} />
        </>
      )}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Instant({ name, at, now }: { name: string; at: number | undefined; now: number }) {
  if (at === undefined) return null;
  return (
    <Fact name={name}>
      {fromNow(at, now)} <time dateTime={new Date(at * 1000).toISOString()}>{dateText(at)}</time>
    </Fact>
  );
}

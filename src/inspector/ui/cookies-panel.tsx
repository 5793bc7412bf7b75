/** @jsxImportSource preact */
import type { Finding } from "../../browser/index.ts";
import type { CookieReport } from "../report.ts";
import { Findings } from "./findings.tsx";

const LIMIT = 4096;

export function CookiesPanel({
  cookies,
  findings,
}: {
  cookies: readonly CookieReport[];
  findings: readonly Finding[];
}) {
  const bytes = cookies.reduce((sum, { size }) => sum + size, 0);
  return (
    <section id="cookies" aria-labelledby="cookies-title" tabIndex={-1}>
      <h2 id="cookies-title">
        Cookies{" "}
        <span class="count">
          {cookies.length} sent, {bytes} bytes
        </span>
      </h2>
      <Findings findings={findings} />
      {cookies.length === 0 ? (
        <p class="quiet">This browser sent no cookie.</p>
      ) : (
        <ul class="rows">
          {cookies.map((cookie, i) => (
            <Cookie key={`${cookie.name} ${i}`} cookie={cookie} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Cookie({ cookie }: { cookie: CookieReport }) {
  const { name, shown, size, kind, format, role, setBy, findings } = cookie;
  return (
    <li>
      <div class="line">
        <code class="name">{name}</code>
        <span class={`pill ${kind}`}>{kind}</span>
        {role !== undefined && (
          <span class="quiet">{role === "session" ? "the session" : "this inspector's own"}</span>
        )}
        <span class="size">
          <meter min={0} max={LIMIT} value={size} high={LIMIT * 0.9} aria-label={`Size of ${name}`} /> {size}{" "}
          bytes
        </span>
      </div>
      <p class="detail">
        <code>{shown === "" ? "(empty)" : shown}</code>
        {role !== "inspector" && <span class="quiet"> · {format}</span>}
      </p>
      {setBy !== undefined && (
        <p class="detail">
          <span class="quiet">Last set with</span> <code>{attributesOf(setBy)}</code>
        </p>
      )}
      <Findings findings={findings} />
    </li>
  );
}

function attributesOf(header: string): string {
  const start = header.indexOf(";");
  return start < 0 ? "no attribute at all" : header.slice(start + 1).replace(/^ /, "");
}

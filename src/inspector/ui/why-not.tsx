/** @jsxImportSource preact */
import { useEffect, useState } from "preact/hooks";
import type { VerdictReport } from "../report.ts";
import { judge } from "./api.ts";
import { Findings } from "./findings.tsx";

/** What was taken over from a request. */
export interface Asked {
  readonly header: string;
  readonly url: string;
  readonly count: number;
}

export function WhyNot({ asked }: { asked: Asked | undefined }) {
  const [header, setHeader] = useState(asked?.header ?? "");
  const [url, setUrl] = useState(asked?.url ?? `${location.origin}/`);
  const [page, setPage] = useState("");
  const [verdict, setVerdict] = useState<VerdictReport>();
  const [error, setError] = useState<string>();

  const ask = (): void => {
    judge({ header, url, page })
      .then((report) => {
        setVerdict(report);
        setError(undefined);
      })
      .catch((problem: unknown) => setError(problem instanceof Error ? problem.message : String(problem)));
  };
  useEffect(() => {
    if (asked !== undefined) ask();
  }, []);

  return (
    <section id="why-not" aria-labelledby="why-not-title" tabIndex={-1}>
      <h2 id="why-not-title">Why not?</h2>
      <p>Paste a Set-Cookie or Cookie header, and read what browsers make of it.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <label>
          Header
          <textarea
            rows={3}
            spellcheck={false}
            required
            placeholder="Set-Cookie: id=1; SameSite=None"
            value={header}
            onInput={({ currentTarget }) => setHeader(currentTarget.value)}
          />
        </label>
        <label>
          Address that it comes from
          <input
            type="url"
            required
            value={url}
            onInput={({ currentTarget }) => setUrl(currentTarget.value)}
          />
        </label>
        <label>
          Address bar, where another page embeds or fetches it
          <input
            type="url"
            placeholder="https://another.example/"
            value={page}
            onInput={({ currentTarget }) => setPage(currentTarget.value)}
          />
        </label>
        <button type="submit">Ask</button>
      </form>
      <div role="status" class="verdict">
        {error !== undefined && <p class="alert">{error}</p>}
        {error === undefined && verdict !== undefined && <Verdict verdict={verdict} />}
      </div>
    </section>
  );
}

function Verdict({ verdict }: { verdict: VerdictReport }) {
  return (
    <>
      <p class={verdict.ok ? "sentence good" : "sentence bad"}>{verdict.sentence}</p>
      <Findings findings={verdict.findings} />
      {verdict.cookies.map(({ name, size, findings }, i) => (
        <div key={i} class="set-cookie">
          <p>
            <code>{name}</code> <span class="quiet">{size} bytes</span>
          </p>
          <Findings findings={findings} />
        </div>
      ))}
      {verdict.sendings.length > 0 && (
        <>
          <h3>When it is sent</h3>
          <ul class="sendings">
            {verdict.sendings.map(({ situation, sent, findings }) => (
              <li key={situation}>
                <span class={sent ? "pill good" : "pill none"}>{sent ? "sent" : "not sent"}</span> with{" "}
                {situation}
                <Findings findings={findings.filter(({ level }) => level !== "note")} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

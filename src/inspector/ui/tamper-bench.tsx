/** @jsxImportSource preact */
import { useState } from "preact/hooks";
import type { Part, TamperReport } from "../report.ts";
import { tamper } from "./api.ts";
import { Happenings } from "./findings.tsx";

export function TamperBench({ parts, cookie }: { parts: readonly Part[]; cookie: string }) {
  const length = parts.at(-1)?.end ?? 0;
  const [chosen, setChosen] = useState(0);
  const [report, setReport] = useState<TamperReport>();
  const [error, setError] = useState<string>();
  const at = Math.min(chosen, Math.max(length - 1, 0));
  const part = parts.find(({ start, end }) => at >= start && at < end);

  const change = (body: { kind: string; at?: number }): void => {
    tamper(body)
      .then((result) => {
        setReport(result);
        setError(undefined);
      })
      .catch((problem: unknown) => setError(problem instanceof Error ? problem.message : String(problem)));
  };

  return (
    <section id="tamper" aria-labelledby="tamper-title" tabIndex={-1}>
      <h2 id="tamper-title">Tamper bench</h2>
      <p>
        Changes <code>{cookie}</code> as if it came in so, and lets the library open it. The browser's own
        stays as it is.
      </p>
      {length === 0 ? (
        <p class="quiet">There is no session cookie to change yet.</p>
      ) : (
        <>
          <div class="parts">
            {parts.map(({ name, start, end }, i) => (
              <button
                key={name}
                type="button"
                aria-pressed={name === part?.name}
                class={`part-${i % 5}`}
                style={{ flexGrow: end - start }}
                onClick={() => setChosen(Math.floor((start + end) / 2))}
              >
                {name}
              </button>
            ))}
          </div>
          <label>
            Character {at + 1} of {length}, in {part?.name ?? "between two parts"}
            <input
              type="range"
              min={0}
              max={length - 1}
              value={at}
              onInput={({ currentTarget }) => setChosen(currentTarget.valueAsNumber)}
            />
          </label>
          <p class="buttons">
            <button type="button" onClick={() => change({ kind: "flip", at })}>
              Change this character
            </button>
            <button type="button" onClick={() => change({ kind: "cut" })}>
              Cut the last one off
            </button>
            <button type="button" onClick={() => change({ kind: "grow" })}>
              Add 20,000
            </button>
          </p>
        </>
      )}
      <div role="status" class="verdict">
        {error !== undefined && <p class="alert">{error}</p>}
        {error === undefined && report !== undefined && (
          <>
            <p>{report.did}</p>
            <p class={report.accepted ? "sentence bad" : "sentence good"}>
              {report.accepted ? "Accepted." : "Not accepted: the visitor is a new one."}
            </p>
            <Happenings happenings={report.happenings} />
          </>
        )}
      </div>
    </section>
  );
}

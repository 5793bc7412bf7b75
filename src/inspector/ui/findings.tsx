/** @jsxImportSource preact */
import type { Finding } from "../../browser/index.ts";
import type { Happening } from "../report.ts";

const LEVELS = { refused: "refused", warning: "warning", note: "note" } as const;

/** What browsers make of a cookie, with the way out. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul class="findings">
      {findings.map(({ code, level, message, fix, browsers }) => (
        <li key={code} class={level}>
          <span class="tag">{LEVELS[level]}</span>
          {browsers.length === 1 && <span class="tag plain">{browsers[0]}</span>}
          <span>
            {message} {fix !== "" && <span class="fix">{fix}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What the session manager said. */
export function Happenings({ happenings }: { happenings: readonly Happening[] }) {
  if (happenings.length === 0) return null;
  return (
    <ul class="findings">
      {happenings.map(({ type, message }, i) => (
        <li key={i} class={isTrouble(type) ? "refused" : "note"}>
          <code class="tag">{type}</code>
          <span>{message}</span>
        </li>
      ))}
    </ul>
  );
}

/** Whether an event tells of something that was refused or lost. */
export function isTrouble(type: string): boolean {
  const [subject, what] = type.split(".") as [string, string];
  if (["token", "sid", "cookie", "record", "store", "remember"].includes(subject))
    return !["token.old_key", "store.up"].includes(type);
  return ["gone", "unsaved", "schema", "protected"].includes(what);
}

import { html, type Html } from "./html.ts";

const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** How long ago something was, in words, with the instant for machines and for whoever points at it. */
export function ago(at: Date, now: number): Html {
  const iso = at.toISOString();
  return html`<time datetime="${iso}" title="${iso.slice(0, 19).replace("T", " ")} UTC"
    >${since(now - at.getTime())}</time
  >`;
}

function since(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return "just now";
  const [name, length] = UNITS.find(([, unit]) => seconds >= unit)!;
  return `${plural(Math.floor(seconds / length), name)} ago`;
}

/** A number with its noun. */
export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** As `1,000,000`. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

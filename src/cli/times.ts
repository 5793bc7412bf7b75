const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** An instant as people read it: `2026-01-31 12:00:00 UTC, 3 days ago`. Both in seconds since 1970. */
export function moment(seconds: number, now: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "at no time that a calendar has";
  const text = date
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
  const distance = Math.abs(seconds - now);
  return `${text}, ${seconds > now ? `in ${span(distance)}` : distance < 1 ? "now" : `${span(distance)} ago`}`;
}

/** A length of time in its largest unit, rounded down. */
export function span(seconds: number): string {
  const [unit, size] = UNITS.find(([, least]) => seconds >= least) ?? UNITS[3];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

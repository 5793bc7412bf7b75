const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const ABSOLUTE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** How far an instant is from another one; both in seconds since 1970. */
export function fromNow(instant: number, now: number): string {
  const distance = instant - now;
  const unit = UNITS.find(([, length]) => Math.abs(distance) >= length);
  return unit === undefined
    ? RELATIVE.format(Math.round(distance), "second")
    : RELATIVE.format(Math.round(distance / unit[1]), unit[0]);
}

/** @param instant seconds since 1970 */
export function dateText(instant: number): string {
  return ABSOLUTE.format(instant * 1000);
}

/** @param instant milliseconds since 1970 */
export function clockText(instant: number): string {
  return CLOCK.format(instant);
}

/**
 * Dates as Python's `email.utils.parsedate_to_datetime` reads them, which is how Werkzeug and Flask read theirs: the
 * forms of RFC 5322 and RFC 9110, with two-digit years, in any order of day and month.
 */

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const FULL_MONTHS =
  "january february march april may june july august september october november december".split(" ");
const DAYS = "mon tue wed thu fri sat sun".split(" ");
const ZONES: Readonly<Record<string, number>> = {
  UT: 0,
  UTC: 0,
  GMT: 0,
  Z: 0,
  AST: -400,
  ADT: -300,
  EST: -500,
  EDT: -400,
  CST: -600,
  CDT: -500,
  MST: -700,
  MDT: -600,
  PST: -800,
  PDT: -700,
};

/** Seconds since 1970, or undefined where Python finds no date. A date without a zone is UTC. */
export function parseEmailDate(text: string): number | undefined {
  const fields = splitFields(text);
  if (fields === undefined) return undefined;
  let [day, month, year, time, zone] = fields;
  if (!day || !month || !year) return undefined;
  month = month.toLowerCase();
  if (monthNumber(month) === 0) [day, month] = [month, day.toLowerCase()];
  const monthIndex = monthNumber(month);
  if (monthIndex === 0) return undefined;
  if (year.indexOf(":") > 0) [year, time] = [time, year];
  if (!/^\d/.test(year)) [year, zone] = [zone, year];
  return instant(withoutComma(day), monthIndex, withoutComma(year), withoutComma(time), zone);
}

type Fields = [day: string, month: string, year: string, time: string, zone: string];

function splitFields(text: string): Fields | undefined {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const first = words[0];
  if (first === undefined) return undefined;
  if (first.endsWith(",") || DAYS.includes(first.toLowerCase())) words.shift();
  else words[0] = first.slice(first.lastIndexOf(",") + 1);
  if (words.length === 3) {
    // RFC 850: 20-Nov-26
    const parts = words[0]!.split("-");
    if (parts.length === 3) words.splice(0, 1, ...parts);
  }
  if (words.length === 4) {
    const at = words[3]!.search(/[-+]/);
    if (at > 0) words.splice(3, 1, words[3]!.slice(0, at), words[3]!.slice(at));
    else words.push("");
  }
  return words.length < 5 ? undefined : (words.slice(0, 5) as Fields);
}

function instant(day: string, month: number, year: string, time: string, zone: string): number | undefined {
  const parts = time.split(":");
  if (parts.length < 2 || parts.length > 3) return undefined;
  const numbers = [year, day, parts[0]!, parts[1]!, parts[2] ?? "0"];
  if (!numbers.every((number) => /^\d+$/.test(number))) return undefined;
  let [y, d, h, m, s] = numbers.map(Number) as [number, number, number, number, number];
  if (y < 100) y += y > 68 ? 1900 : 2000;
  if (y > 9999 || h > 23 || m > 59 || s > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(y, month - 1, d);
  if (d < 1 || date.getUTCDate() !== d) return undefined;
  date.setUTCHours(h, m, s);
  return date.getTime() / 1000 - offset(zone);
}

/** Seconds east of Greenwich. */
function offset(zone: string): number {
  const hours = ZONES[zone.toUpperCase()] ?? (/^[-+]?\d+$/.test(zone) ? Number(zone) : 0);
  const size = Math.abs(hours);
  return Math.sign(hours) * (Math.floor(size / 100) * 3600 + (size % 100) * 60);
}

function monthNumber(name: string): number {
  return (MONTHS.includes(name) ? MONTHS.indexOf(name) : FULL_MONTHS.indexOf(name)) + 1;
}

function withoutComma(text: string): string {
  return text.endsWith(",") ? text.slice(0, -1) : text;
}

// RFC 6265bis section 5.1.1: delimiter
const DELIMITERS = /[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/;
const TIME = /^([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])/;
const DAY = /^[0-9]{1,2}(?![0-9])/;
const YEAR = /^[0-9]{2,4}(?![0-9])/;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** Reads the date of an `Expires` attribute as browsers do (RFC 6265bis section 5.1.1), or undefined. */
export function parseCookieDate(text: string): Date | undefined {
  let time: number[] | undefined;
  let day: number | undefined;
  let month: number | undefined;
  let year: number | undefined;
  for (const token of text.split(DELIMITERS)) {
    const clock = time ? null : TIME.exec(token);
    if (clock) {
      time = clock.slice(1).map(Number);
    } else if (day === undefined && DAY.test(token)) {
      day = Number.parseInt(token, 10);
    } else if (month === undefined && monthOf(token) !== -1) {
      month = monthOf(token);
    } else if (year === undefined && YEAR.test(token)) {
      year = fullYear(Number.parseInt(token, 10));
    }
  }
  if (time === undefined || day === undefined || month === undefined || year === undefined) return undefined;
  const [hour = 0, minute = 0, second = 0] = time;
  if (year < 1601 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(Date.UTC(year, month, day, hour, minute, second));
  return date.getUTCDate() === day ? date : undefined;
}

function monthOf(token: string): number {
  return MONTHS.indexOf(token.slice(0, 3).toLowerCase());
}

function fullYear(year: number): number {
  if (year >= 100) return year;
  return year < 70 ? year + 2000 : year + 1900;
}

import { type Check, requestOf } from "../fault.ts";

/** Seconds; Flask refuses what was signed by a clock that is ahead, and Date has whole seconds. */
const MAX_SKEW = 5;

/** A clock that is wrong ends sessions early or refuses them. */
export const checkClock: Check = ({ first }) => {
  const exchange = first.at(-1)!;
  const { headers, asked, at } = exchange;
  const date = Date.parse(headers.date ?? "") + 500;
  // A cache answers with the date of when it was given the page.
  if (Number.isNaN(date) || Number(headers.age ?? 0) > 0) return [];
  const skew = Math.round((date - Math.min(Math.max(date, asked), at)) / 1000);
  if (Math.abs(skew) <= MAX_SKEW) return [];
  return [
    {
      code: "clock-skew",
      severity: "medium",
      where: requestOf(exchange),
      message: `The server's clock is ${Math.abs(skew)} seconds ${skew > 0 ? "ahead of" : "behind"} this machine's.`,
      fix: "Let NTP set the clocks of all machines that make or check sessions.",
    },
  ];
};

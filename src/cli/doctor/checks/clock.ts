import { type Check, requestOf } from "../fault.ts";

/** Seconds; Flask refuses what was signed by a clock that is ahead, and Date has whole seconds. */
const MAX_SKEW = 5;

/** A clock that is wrong ends sessions early or refuses them. */
export const checkClock: Check = ({ first }) => {
  const exchange = first.at(-1)!;
  const date = Date.parse(exchange.headers.date ?? "");
  if (Number.isNaN(date)) return [];
  const skew = Math.round((date + 500 - exchange.at) / 1000);
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

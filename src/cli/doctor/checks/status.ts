import { type Check, type Fault, requestOf } from "../fault.ts";
import type { Exchange } from "../visit.ts";

/** What was looked at may not be the page, but what stands in its place. */
export const checkStatus: Check = ({ first, again }) => {
  const last = first.at(-1)!;
  if (last.status >= 400) return [faultOf(last)];
  // Who asks too often is told so by 429, which has nothing to do with cookies.
  const failed = again.filter(({ status }) => status >= 400 && status !== 429);
  return failed.map((exchange): Fault => ({
    code: "error-again",
    severity: "high",
    where: requestOf(exchange),
    message: `The page comes the first time; whoever comes again with the cookies from it gets an error (${exchange.status}).`,
    fix: "Look at the server's log: it may not take these cookies, or not as many.",
  }));
};

function faultOf(exchange: Exchange): Fault {
  const { status } = exchange;
  const where = requestOf(exchange);
  if (status === 401 || status === 403) {
    return {
      code: "refused-page",
      severity: "low",
      where,
      message: `The page is refused (${status}), which may be meant. The doctor, a stranger that speaks HTTP/1.1, has seen no more of it.`,
      fix: "Give the address of a page that everybody may see, such as the one where people log in.",
    };
  }
  return {
    code: "error-page",
    severity: "medium",
    where,
    message: `The page is an error's (${status}), and what was looked at is no more than that.`,
    fix: "Look at the server's log, or give the address of a page that is there.",
  };
}

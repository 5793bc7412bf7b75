import { type Check, type Fault, requestOf, type Severity } from "../fault.ts";

const SEVERITY: Readonly<Record<string, Severity>> = { refused: "high", warning: "medium" };

/** What browsers make of every cookie: all that they refuse, and all that they take otherwise than it was meant. */
export const checkSetCookies: Check = ({ first, again }) =>
  [...first, ...again].flatMap((exchange): Fault[] => {
    const where = requestOf(exchange);
    return exchange.set.flatMap(({ name, verdict }) =>
      verdict.findings.flatMap(({ code, level, message, fix }): Fault[] => {
        const severity = SEVERITY[level];
        return severity === undefined ? [] : [{ code, severity, where, cookie: name, message, fix }];
      }),
    );
  });

/** One cookie, set twice by one answer: the order in which they arrive decides. */
export const checkSetTwice: Check = ({ first, again }) =>
  [...first, ...again].flatMap((exchange) => {
    const places = exchange.set.flatMap(({ name, verdict: { cookie } }) =>
      cookie === undefined ? [] : [{ name, place: `${name} ${cookie.domain} ${cookie.path}` }],
    );
    const twice = places.filter(({ place }, at) => places.findIndex((other) => other.place === place) < at);
    return twice.map(({ name }): Fault => ({
      code: "set-twice",
      severity: "medium",
      where: requestOf(exchange),
      cookie: name,
      message:
        "One answer sets the cookie twice. The last one counts, if nothing on the way changes their order.",
      fix: "Set it once, when all is known that belongs into it.",
    }));
  });

/** The cookies together may be more than a server takes. */
export const checkHeaderSize: Check = ({ again }) =>
  again.flatMap((exchange): Fault[] =>
    exchange.cookieHeader.length <= 4096
      ? []
      : [
          {
            code: "header-too-large",
            severity: "medium",
            where: requestOf(exchange),
            message: `After one page the browser sends ${exchange.cookieHeader.length} bytes of cookies with every request. Many servers answer more than 8000 bytes of headers with 400 or 431.`,
            fix: "Keep the data on the server and its ID in the cookie, or narrow the cookies' Path.",
          },
        ],
  );

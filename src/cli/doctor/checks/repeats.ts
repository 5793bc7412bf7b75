import { type Check, type Fault, requestOf } from "../fault.ts";
import { isSessionLike } from "../session-like.ts";

/** A cookie that nothing happened to need not be set again: each time, parallel requests overwrite each other's. */
export const checkRepeats: Check = ({ again }) =>
  again.flatMap((exchange) =>
    exchange.set.flatMap(({ name, value }): Fault[] =>
      exchange.sent.has(name) && isSessionLike({ name, value })
        ? [
            {
              code: "set-again",
              severity: "low",
              where: requestOf(exchange),
              cookie: name,
              message:
                "The cookie was sent, and the answer sets it again though the page was only looked at. Of parallel requests the last answer wins, and no cache can help.",
              fix: "Set a session's cookie when it changed, or when its time needs to be prolonged, and not with every answer.",
            },
          ]
        : [],
    ),
  );

/** A made-up ID is nobody's session. */
export const checkFixation: Check = ({ forged }) =>
  forged.flatMap(({ name, value, exchange }): Fault[] => {
    const set = exchange.set.find((cookie) => cookie.name === name);
    if (exchange.status >= 400 || (set !== undefined && set.value !== value)) return [];
    return [
      {
        code: "session-fixation",
        severity: "high",
        where: requestOf(exchange),
        cookie: name,
        message:
          "A new visitor gets this cookie, but one who comes with a made-up value keeps it. Whoever plants a value in somebody's browser shares the session after the login.",
        fix: "Give a new ID where the one that comes is unknown, and at every login (session.regenerate).",
      },
    ];
  });

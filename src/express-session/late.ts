import type { ServerResponse } from "node:http";
import type { SessionExchange } from "./session-exchange.ts";

type End = (...args: unknown[]) => ServerResponse;

/** Makes the end of a response whose headers have left wait until what was changed since is stored. */
export function saveLate(
  response: ServerResponse,
  exchange: SessionExchange,
  next: (error: unknown) => void,
): void {
  const target = response as unknown as { end: End };
  const { end } = target;
  let isEnding = false;
  target.end = (...args) => {
    if (isEnding) return response;
    const saving = exchange.commitLate();
    if (saving === undefined) return end.apply(response, args);
    isEnding = true;
    const finish = (): void => {
      isEnding = false;
      target.end = end;
      end.apply(response, args);
    };
    saving.then(finish, (error: unknown) => {
      // What `commit` refused is answered already.
      if (error !== exchange.failure) next(error);
      finish();
    });
    return response;
  };
}

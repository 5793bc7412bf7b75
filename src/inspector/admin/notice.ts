import { plural } from "./times.ts";

/** What the last form has done, as the address says that it led to. Whoever writes such an address says no more than these sentences. */
export function noticeOf(query: URLSearchParams): string | undefined {
  const count = Number(query.get("count"));
  const ended = Number.isSafeInteger(count) && count >= 0 ? plural(count, "session") : "Sessions";
  switch (query.get("done")) {
    case "one":
      return "The session was ended.";
    case "none":
      return "There was no such session any more.";
    case "user":
      return `${ended} of this user ended.`;
    case "all":
      return `${ended} ended.`;
    default:
      return undefined;
  }
}

import type { Exchange, Visits } from "./visit.ts";

export type Severity = "high" | "medium" | "low";

/** Something at a site that is not as it should be. */
export interface Fault {
  /** Stable, for programs; all of them stand in docs/doctor.md. */
  readonly code: string;
  readonly severity: Severity;
  /** The request, as `GET https://example.com/`, or the file. */
  readonly where: string;
  /** The cookie, if it is about one. */
  readonly cookie?: string | undefined;
  /** Holds no value of a cookie. */
  readonly message: string;
  readonly fix: string;
}

/** Looks at what came of the visits for one kind of fault. */
export type Check = (visits: Visits) => Iterable<Fault> | Promise<Iterable<Fault>>;

/** A request as a fault names it: without its query, which may hold what is nobody's business. */
export function requestOf({ url }: Exchange): string {
  return `GET ${url.origin}${url.pathname}`;
}

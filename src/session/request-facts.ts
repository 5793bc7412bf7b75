import type { CookieHeader } from "../cookie/index.ts";

/** What a manager needs to know of a request. */
export interface RequestFacts {
  /** The Cookie header, all of them. */
  readonly cookie: CookieHeader;
  /** The Host header. */
  readonly host: string | undefined;
  /** Whether this very connection is encrypted. */
  readonly encrypted: boolean;
  /** The User-Agent header, asked for when somebody logs in. */
  readonly userAgent?: () => string | undefined;
  /** The request's method. */
  readonly method?: string | undefined;
  /** The path and query as they were sent, asked for when somebody must log in first. */
  readonly url?: string | undefined;
  /** The X-Forwarded-For header, which Flask-Login believes. */
  readonly forwardedFor?: () => string | undefined;
  /** The address of whoever is connected; undefined where the runtime does not tell. */
  readonly address?: () => string | undefined;
}

/** Whether a request came over plain http to this very machine. */
export function isPlainLoopback({ host, encrypted }: RequestFacts): boolean {
  return !encrypted && host !== undefined && LOOPBACK.test(host);
}

const LOOPBACK = /^(?:localhost|[\w.-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

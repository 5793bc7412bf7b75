import type { RequestFacts } from "./request-facts.ts";

type NodeHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;
type FetchHeaders = Pick<Headers, "get">;

/** A request of `node:http`, `node:http2` or the Fetch API, whoever answers it. */
export interface PlainRequest {
  /** Its headers: a plain object with names in lower case, or `Headers`. */
  readonly headers: NodeHeaders | FetchHeaders;
  /** A whole one says whether the connection is encrypted. */
  readonly url?: string | undefined;
  /** Of a request of Node's, says whether the connection is encrypted. */
  readonly socket?: object | null;
}

/** What a manager needs to know of a request that no adapter has seen. */
export function factsOf({ headers, url = "", socket }: PlainRequest): RequestFacts {
  const get = isOfFetch(headers)
    ? (name: string) => headers.get(name) ?? undefined
    : (name: string) => [headers[name] ?? []].flat().join("; ") || undefined;
  const host = get("host") ?? (isOfFetch(headers) ? hostOf(url) : get(":authority"));
  const isTls = (socket as { encrypted?: boolean } | undefined)?.encrypted === true;
  return {
    cookie: get("cookie"),
    host,
    encrypted: isTls || /^(?:https|wss):/i.test(url),
    userAgent: () => get("user-agent"),
  };
}

function isOfFetch(headers: PlainRequest["headers"]): headers is FetchHeaders {
  return typeof headers.get === "function";
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Exchange, SessionManager } from "../session/index.ts";

/** A request of `node:http` or `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** A response of `node:http` or `node:http2`. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Opens the exchange of a request of Node's. */
export function openNodeExchange<Data extends object>(
  sessions: SessionManager<Data>,
  request: NodeRequest,
): Exchange<Data> {
  const cookie: string[] = [];
  let host: string | undefined;
  // The raw list, because `request.headers` is made of all headers when it is first asked for.
  const { rawHeaders = [] } = request as { rawHeaders?: string[] };
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (isSameName(name, "cookie")) cookie.push(rawHeaders[i + 1]!);
    else if (isSameName(name, "host") || name === ":authority") host ??= rawHeaders[i + 1];
  }
  // A request that came over no connection, as in functions of AWS and in tests, may have nothing else.
  if (rawHeaders.length === 0) {
    cookie.push(...[request.headers.cookie ?? []].flat());
    host = request.headers.host;
  }
  return sessions.open({
    cookie,
    host,
    encrypted: (request.socket as { encrypted?: boolean } | null)?.encrypted === true,
    userAgent: () => request.headers["user-agent"],
    method: request.method,
    // Express and others change `url` where an application is mounted under a path.
    url: (request as { originalUrl?: string }).originalUrl ?? request.url,
    forwardedFor: () => request.headers["x-forwarded-for"]?.toString(),
    // Of a server that listens on IPv6 and IPv4 at once.
    address: () => request.socket?.remoteAddress?.replace(/^::ffff:(?=[\d.]+$)/, ""),
  });
}

export function isSameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Exchange, ResponseHeaders, SessionManager } from "../session/index.ts";

/** A request of `node:http` or `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** A response of `node:http` or `node:http2`. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Opens the exchange of a request of Node's. */
export function openNodeExchange<Data extends object>(
  sessions: SessionManager<Data>,
  request: NodeRequest,
): Exchange<Data> {
  const { headers } = request;
  return sessions.open({
    cookie: headers.cookie,
    host: headers.host ?? (headers[":authority"] as string | undefined),
    encrypted: (request.socket as { encrypted?: boolean }).encrypted === true,
  });
}

type Call = (this: NodeResponse, ...args: unknown[]) => NodeResponse;

/** Commits the exchange when the response's headers are written; every way to send them goes through `writeHead`. */
export function onHead<Data extends object>(response: NodeResponse, exchange: Exchange<Data>): void {
  const target = response as { writeHead: Call; end: Call };
  const { writeHead, end } = target;
  // Node's end() fixes the length and marks the response as ended before it writes the headers: too early for an error.
  target.end = function (...args) {
    target.end = end;
    exchange.commit();
    return end.apply(this, args);
  };
  target.writeHead = function (status, ...rest) {
    exchange.commit();
    if (!exchange.hasHeaders) {
      target.writeHead = writeHead;
      return writeHead.call(this, status, ...rest);
    }
    const reason = typeof rest[0] === "string" ? [rest[0]] : [];
    const given = rest[reason.length] ?? rest[1];
    const headers = new NodeHeaders(this, given as GivenHeaders | undefined);
    exchange.writeTo(headers);
    headers.flush();
    target.writeHead = writeHead;
    return writeHead.call(this, status, ...reason);
  };
}

type HeaderValue = string | number | readonly string[];
/** What `writeHead` takes: an object, a flat list of names and values, or a list of pairs. */
type GivenHeaders = Record<string, HeaderValue | undefined> | HeaderValue[] | [string, HeaderValue][];

/** The headers set on a response together with those given to `writeHead`, which win. */
class NodeHeaders implements ResponseHeaders {
  readonly #response: ServerResponse;
  readonly #given: readonly (readonly [string, HeaderValue])[];
  readonly #changes: [name: string, value: string, append: boolean][] = [];

  constructor(response: NodeResponse, given: GivenHeaders | undefined) {
    this.#response = response as ServerResponse;
    this.#given = given === undefined ? [] : pairs(given);
  }

  get(name: string): string | undefined {
    const lower = name.toLowerCase();
    const given = this.#given.filter(([key]) => key.toLowerCase() === lower).map(([, value]) => value);
    const values = given.length > 0 ? given : [this.#response.getHeader(name) ?? []];
    return values.flat().length === 0 ? undefined : values.flat().join(", ");
  }

  set(name: string, value: string): void {
    this.#changes.push([name, value, false]);
  }

  append(name: string, value: string): void {
    this.#changes.push([name, value, true]);
  }

  flush(): void {
    for (const [name] of this.#given) this.#response.removeHeader(name);
    for (const [name, value] of this.#given) this.#add(name, value);
    for (const [name, value, append] of this.#changes) {
      if (append) this.#add(name, value);
      else this.#response.setHeader(name, value);
    }
  }

  #add(name: string, value: HeaderValue): void {
    const present = this.#response.getHeader(name);
    if (present === undefined) this.#response.setHeader(name, value);
    else this.#response.setHeader(name, [present, value].flat().map(String));
  }
}

function pairs(given: GivenHeaders): [string, HeaderValue][] {
  if (!Array.isArray(given))
    return Object.entries(given).filter((pair): pair is [string, HeaderValue] => pair[1] !== undefined);
  if (Array.isArray(given[0])) return given as [string, HeaderValue][];
  const list: [string, HeaderValue][] = [];
  for (let i = 0; i + 1 < given.length; i += 2) list.push([String(given[i]), given[i + 1] as HeaderValue]);
  return list;
}

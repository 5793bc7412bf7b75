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
    const result = writeHead.call(this, status, ...withExchange(this, exchange, rest));
    // Not before: Node may refuse the headers, and the next attempt needs ours too.
    target.writeHead = writeHead;
    return result;
  };
}

/** The arguments of `writeHead` after the status, with the exchange's headers among them or on the response. */
function withExchange<Data extends object>(
  response: NodeResponse,
  exchange: Exchange<Data>,
  rest: unknown[],
): unknown[] {
  if (!exchange.hasHeaders) return rest;
  const reason = typeof rest[0] === "string" ? [rest[0]] : [];
  const headers = new NodeHeaders(response, (rest[reason.length] ?? rest[1]) as GivenHeaders | undefined);
  exchange.writeTo(headers);
  const merged = headers.merge();
  return merged === undefined ? reason : [...reason, merged];
}

type HeaderValue = string | number | readonly string[];
/** What `writeHead` takes: an object, a flat list of names and values, or a list of pairs. */
type GivenHeaders = Record<string, HeaderValue | undefined> | HeaderValue[] | [string, HeaderValue][];

/** The headers set on a response together with those given to `writeHead`, which win. */
class NodeHeaders implements ResponseHeaders {
  readonly #response: ServerResponse;
  readonly #given: GivenHeaders | undefined;
  readonly #pairs: readonly (readonly [string, HeaderValue])[];
  readonly #changes: [name: string, value: string, append: boolean][] = [];

  constructor(response: NodeResponse, given: GivenHeaders | undefined) {
    this.#response = response as ServerResponse;
    this.#given = given;
    this.#pairs = given === undefined ? [] : pairs(given);
  }

  get(name: string): string | undefined {
    const given = this.#pairs.filter(([key]) => isSameName(key, name)).map(([, value]) => value);
    const values = given.length > 0 ? given : [this.#response.getHeader(name) ?? []];
    return values.flat().length === 0 ? undefined : values.flat().join(", ");
  }

  set(name: string, value: string): void {
    this.#changes.push([name, value, false]);
  }

  append(name: string, value: string): void {
    this.#changes.push([name, value, true]);
  }

  /** Puts the changes on the response, or into headers to give to `writeHead` where that is all there are, which is quicker. */
  merge(): Record<string, HeaderValue | undefined> | undefined {
    const given = this.#given;
    if (given !== undefined && !Array.isArray(given) && this.#response.getHeaderNames().length === 0) {
      return this.#mergedInto({ ...given });
    }
    for (const [name] of this.#pairs) this.#response.removeHeader(name);
    for (const [name, value] of this.#pairs) this.#add(name, value);
    for (const [name, value, append] of this.#changes) {
      if (append) this.#add(name, value);
      else this.#response.setHeader(name, value);
    }
    return undefined;
  }

  #mergedInto(headers: Record<string, HeaderValue | undefined>): Record<string, HeaderValue | undefined> {
    for (const [name, value, append] of this.#changes) {
      const key = Object.keys(headers).find((given) => isSameName(given, name)) ?? name;
      const present = append ? headers[key] : undefined;
      headers[key] = present === undefined ? value : joined(present, value);
    }
    return headers;
  }

  #add(name: string, value: HeaderValue): void {
    const present = this.#response.getHeader(name);
    this.#response.setHeader(name, present === undefined ? value : joined(present, value));
  }
}

function isSameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

function joined(present: HeaderValue, value: HeaderValue): string[] {
  return [present, value].flat().map(String);
}

function pairs(given: GivenHeaders): [string, HeaderValue][] {
  if (!Array.isArray(given))
    return Object.entries(given).filter((pair): pair is [string, HeaderValue] => pair[1] !== undefined);
  if (Array.isArray(given[0])) return given as [string, HeaderValue][];
  const list: [string, HeaderValue][] = [];
  for (let i = 0; i + 1 < given.length; i += 2) list.push([String(given[i]), given[i + 1] as HeaderValue]);
  return list;
}

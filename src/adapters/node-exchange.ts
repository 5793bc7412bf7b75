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
  const cookie: string[] = [];
  let host: string | undefined;
  // The raw list, because `request.headers` is made of all headers when it is first asked for.
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (isSameName(name, "cookie")) cookie.push(rawHeaders[i + 1]!);
    else if (isSameName(name, "host") || name === ":authority") host ??= rawHeaders[i + 1];
  }
  return sessions.open({
    cookie,
    host,
    encrypted: (request.socket as { encrypted?: boolean }).encrypted === true,
    userAgent: () => request.headers["user-agent"],
  });
}

type Call = (this: NodeResponse, ...args: unknown[]) => NodeResponse;

/**
 * Commits the exchange when the response's headers are written; every way to send them goes through `writeHead`. For
 * exchanges whose commit needs no waiting.
 */
export function commitAtHead<Data extends object>(response: NodeResponse, exchange: Exchange<Data>): void {
  const target = response as { end: Call };
  const { end } = target;
  // Node's end() fixes the length and marks the response as ended before it writes the headers: too early for an error.
  target.end = function (...args) {
    target.end = end;
    void exchange.commit();
    return end.apply(this, args);
  };
  insertHead(response, exchange);
}

/** Commits the exchange, if that is not done yet, and adds its headers when those of the response are written. */
export function insertHead<Data extends object>(response: NodeResponse, exchange: Exchange<Data>): void {
  const target = response as { writeHead: Call };
  const { writeHead } = target;
  target.writeHead = function (status, ...rest) {
    void exchange.commit();
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
  const given = (rest[reason.length] ?? rest[1]) as GivenHeaders | undefined;
  if (given !== undefined && response.getHeaderNames().length === 0) {
    const list = flat(given);
    exchange.writeTo(new HeaderList(list));
    return [...reason, list];
  }
  const headers = new HeadersOf(response);
  if (given !== undefined) headers.replace(flat(given));
  exchange.writeTo(headers);
  return reason;
}

type HeaderValue = string | number | readonly string[];
/** What `writeHead` takes: an object, a flat list of names and values, or a list of pairs. */
type GivenHeaders = Record<string, HeaderValue | undefined> | HeaderValue[] | [string, HeaderValue][];

/** Headers that are all given to `writeHead`, as a flat list: much quicker than setting each on the response. */
class HeaderList implements ResponseHeaders {
  readonly #list: HeaderValue[];

  constructor(list: HeaderValue[]) {
    this.#list = list;
  }

  get(name: string): string | undefined {
    let text: string | undefined;
    for (let i = 0; i < this.#list.length; i += 2) {
      if (!isSameName(this.#list[i] as string, name)) continue;
      const value = textOf(this.#list[i + 1]);
      text = text === undefined ? value : `${text}, ${value}`;
    }
    return text;
  }

  set(name: string, value: string): void {
    for (let i = this.#list.length - 2; i >= 0; i -= 2) {
      if (isSameName(this.#list[i] as string, name)) this.#list.splice(i, 2);
    }
    this.#list.push(name, value);
  }

  append(name: string, value: string): void {
    this.#list.push(name, value);
  }
}

/** The headers set on a response. */
class HeadersOf implements ResponseHeaders {
  readonly #response: ServerResponse;

  constructor(response: NodeResponse) {
    this.#response = response as ServerResponse;
  }

  get(name: string): string | undefined {
    return textOf(this.#response.getHeader(name));
  }

  set(name: string, value: HeaderValue): void {
    this.#response.setHeader(name, value);
  }

  append(name: string, value: HeaderValue): void {
    const present = this.#response.getHeader(name);
    this.#response.setHeader(name, present === undefined ? value : joined(present, value));
  }

  /** What `writeHead` is given takes the place of what was set before. */
  replace(given: readonly HeaderValue[]): void {
    for (let i = 0; i < given.length; i += 2) this.#response.removeHeader(given[i] as string);
    for (let i = 0; i < given.length; i += 2) this.append(given[i] as string, given[i + 1]!);
  }
}

function textOf(value: HeaderValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.join(", ") || undefined : String(value);
}

function isSameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

function joined(present: HeaderValue, value: HeaderValue): string[] {
  return [present, value].flat().map(String);
}

/** Names and values in turn. */
function flat(given: GivenHeaders): HeaderValue[] {
  if (Array.isArray(given))
    return Array.isArray(given[0])
      ? (given as [string, HeaderValue][]).flat(1)
      : [...(given as HeaderValue[])];
  const list: HeaderValue[] = [];
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value !== undefined) list.push(name, value);
  }
  return list;
}

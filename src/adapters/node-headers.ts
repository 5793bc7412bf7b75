import type { ServerResponse } from "node:http";
import type { Exchange, ResponseHeaders } from "../session/index.ts";
import { isSameName, type NodeResponse } from "./node-exchange.ts";

/** Adds the exchange's headers to those of a response, or to those that `writeHead` is given; what to give it now. */
export function withExchange(
  response: NodeResponse,
  exchange: Pick<Exchange, "hasHeaders" | "writeTo">,
  rest: unknown[],
): unknown[] {
  if (!exchange.hasHeaders) return rest;
  const { reason, given } = named(rest);
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

/** Puts on a response what `writeHead` is given after the status. Throws what Node says of bad headers, and sets none of them then. */
export function setGiven(response: NodeResponse, rest: unknown[]): string | undefined {
  const { reason, given } = named(rest);
  const list = given === undefined ? [] : flat(given);
  try {
    new HeadersOf(response).replace(list);
  } catch (error) {
    for (let i = 0; i < list.length; i += 2) response.removeHeader(String(list[i]));
    throw error;
  }
  return reason[0];
}

function named(rest: unknown[]): { reason: string[]; given: GivenHeaders | undefined } {
  const reason = typeof rest[0] === "string" ? [rest[0]] : [];
  return { reason, given: (rest[reason.length] ?? rest[1]) as GivenHeaders | undefined };
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

  /** One entry for all values: of two with the same name Node keeps the last where a header was set and removed before. */
  append(name: string, value: string): void {
    const at = this.#list.findIndex((item, i) => i % 2 === 0 && isSameName(item as string, name));
    if (at === -1) this.#list.push(name, value);
    else this.#list[at + 1] = joined(this.#list[at + 1]!, value);
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

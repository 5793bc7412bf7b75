import type { NodeRequest, NodeResponse } from "../adapters/node-exchange.ts";
import { LARGEST } from "./body.ts";

/** A name or an address, with or without a port (RFC 3986 section 3.2.2). What else a Host says would end up in the path. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i;
/** The Fetch API has none of them. */
const UNKNOWN = new Set(["CONNECT", "TRACE", "TRACK"]);

/** A request of Node's as one of the Fetch API; undefined where its Host, its path or its method is none. */
export async function requestOf(request: NodeRequest): Promise<Request | undefined> {
  const { method = "GET", headers } = request;
  const isEncrypted = (request.socket as { encrypted?: boolean }).encrypted === true;
  const host = headers.host ?? (headers[":authority"] as string | undefined) ?? "localhost";
  const list = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    // A header of HTTP/2's own is none of the Fetch API's.
    if (value !== undefined && !name.startsWith(":")) list.set(name, [value].flat().join(", "));
  }
  const url = `${isEncrypted ? "https" : "http"}://${host}${urlOf(request)}`;
  if (!HOST.test(host) || !URL.canParse(url) || UNKNOWN.has(method)) return undefined;
  list.set("Host", host);
  const body = method === "GET" || method === "HEAD" ? undefined : await bodyOf(request);
  return new Request(url, {
    method,
    headers: list,
    ...(body !== undefined && { body }),
  });
}

/** As the browser sent it; Express and others change `url` where something is mounted under a path. */
export function urlOf(request: NodeRequest): string {
  return (request as { originalUrl?: string }).originalUrl ?? request.url ?? "/";
}

/** The body, also where a parser of the framework's was there before. */
async function bodyOf(request: NodeRequest): Promise<string | Uint8Array<ArrayBuffer>> {
  const parsed = (request as { body?: unknown }).body;
  if (parsed !== undefined && request.readableEnded) return JSON.stringify(parsed);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    // Read to its end, or the next request on this connection would wait behind the rest for ever.
    if (size <= LARGEST) chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).length;
  }
  return Buffer.concat(chunks);
}

/**
 * Sends a response of the Fetch API, for as long as somebody reads it, and not faster.
 *
 * @param gone tells when nobody does any more, which may have been before there was an answer
 */
export async function send(answer: Response, response: NodeResponse, gone: AbortSignal): Promise<void> {
  const { body } = answer;
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    if (name !== "set-cookie") response.setHeader(name, value);
  }
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) response.setHeader("Set-Cookie", cookies);
  if (body === null) {
    response.end();
    return;
  }
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => undefined);
  if (gone.aborted) return stop();
  gone.addEventListener("abort", stop, { once: true });
  const write = response.write.bind(response) as (chunk: Uint8Array) => boolean;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (!write(next.value)) await drained(response, gone);
  }
  response.end();
}

function drained(response: NodeResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    gone.addEventListener("abort", done);
    if (gone.aborted) done();
  });
}

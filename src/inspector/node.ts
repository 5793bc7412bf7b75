import type { NodeRequest, NodeResponse } from "../adapters/node-exchange.ts";

/** What is read of a request's body, in bytes. */
const LARGEST = 65_536;

/** A request of Node's as one of the Fetch API; undefined where its Host or its path is none. */
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
  if (!URL.canParse(url)) return undefined;
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
async function bodyOf(request: NodeRequest): Promise<string> {
  const parsed = (request as { body?: unknown }).body;
  if (parsed !== undefined && request.readableEnded) return JSON.stringify(parsed);
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > LARGEST) break;
  }
  return text;
}

/** Sends a response of the Fetch API, for as long as somebody reads it. */
export async function send(answer: Response, response: NodeResponse): Promise<void> {
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
  response.on("close", () => void reader.cancel().catch(() => undefined));
  const write = response.write.bind(response) as (chunk: Uint8Array) => boolean;
  for (let next = await reader.read(); !next.done; next = await reader.read()) write(next.value);
  response.end();
}

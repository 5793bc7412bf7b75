import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";

/** Serves a handler of the Fetch API's kind on Node; its request is aborted when the client goes away. */
export function fetchListener(handler: (request: Request) => Promise<Response>): RequestListener {
  return async (incoming, outgoing) => {
    const disconnect = new AbortController();
    outgoing.on("close", () => {
      if (!outgoing.writableFinished) disconnect.abort();
    });
    const request = toRequest(incoming, disconnect.signal);
    const response = request === undefined ? new Response(null, { status: 400 }) : await handler(request);
    await sendResponse(response, incoming, outgoing);
  };
}

/** Undefined where host or path make no URL. */
function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = "GET", rawHeaders } = incoming;
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (!name.startsWith(":")) headers.append(name, rawHeaders[i + 1]!);
  }
  const url = `http://${String(incoming.headers.host ?? incoming.headers[":authority"])}${incoming.url}`;
  if (!URL.canParse(url)) return undefined;
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    return new Request(url, {
      method,
      headers,
      signal,
      ...(hasBody ? { body: ReadableStream.from(incoming), duplex: "half" } : {}),
    } as RequestInit);
  } catch {
    // The Fetch API has no TRACE, and no credentials in a host.
    return undefined;
  }
}

/**
 * Writes a `Response` as the answer to a request of Node's. A client that has gone away is no error.
 *
 * @throws what `writeHead` throws, before anything is sent
 */
export async function sendResponse(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const cookies = response.headers.getSetCookie();
  outgoing.writeHead(response.status, {
    ...Object.fromEntries(response.headers),
    ...(cookies.length > 0 ? { "set-cookie": cookies } : {}),
  });
  if (response.body === null || incoming.method === "HEAD") {
    outgoing.end();
    return;
  }
  try {
    if (response.headers.has("Content-Length")) outgoing.end(Buffer.from(await response.arrayBuffer()));
    else await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing);
  } catch {
    outgoing.destroy();
  }
}

export async function bodyText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

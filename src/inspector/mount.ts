import type { NodeRequest, NodeResponse } from "../adapters/node-exchange.ts";
import { requestOf, send, urlOf } from "./node.ts";

/** Middleware for Node. */
export type NodeHandler = (
  request: NodeRequest,
  response: NodeResponse,
  next?: (error?: Error) => void,
) => void;

/** Whether a URL, or a path with or without its query, is at a path or below it. */
export function isBelow(path: string, url: string): boolean {
  const [asked] = url.split("?", 1) as [string];
  return asked === path || asked.startsWith(`${path}/`);
}

/**
 * Answers what is asked of a path and below, and hands on everything else.
 *
 * @param answer is told the address of whoever is connected
 */
export function onNode(
  path: string,
  answer: (request: Request, address: string | undefined) => Promise<Response>,
): NodeHandler {
  return (request, response, next) => {
    if (!isBelow(path, urlOf(request))) {
      if (next !== undefined) return next();
      response.statusCode = 404;
      response.end("Not found");
      return undefined;
    }
    const { remoteAddress } = request.socket;
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    requestOf(request)
      // Dots in a path may lead elsewhere.
      .then((asked) =>
        asked && isBelow(path, new URL(asked.url).pathname) ? answer(asked, remoteAddress) : undefined,
      )
      .then((answered) =>
        send(answered ?? new Response("Bad request", { status: 400 }), response, gone.signal),
      )
      .catch((error: unknown) => {
        if (next !== undefined) return next(error instanceof Error ? error : new Error(String(error)));
        if (response.headersSent) return response.destroy();
        response.statusCode = 500;
        return response.end("Internal Server Error");
      });
    return undefined;
  };
}

const HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  // With `no-referrer` browsers send a form as if it came from nowhere.
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** Lets nobody keep a page, show it in a frame, or use what it loads; `policy` says what it may load itself. */
export function secured(response: Response, policy: string): Response {
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  response.headers.set("Content-Security-Policy", policy);
  return response;
}

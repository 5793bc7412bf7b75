import { StoreError } from "../errors.ts";
import type { NodeResponse } from "./node-exchange.ts";
import { UNAVAILABLE } from "./unavailable.ts";

/** Answers with an error in place of what the application meant to send: 503 when the store does not work, else 500. */
export function refuse(response: NodeResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const isStore = error instanceof StoreError;
  response.statusCode = isStore ? error.status : 500;
  // HTTP/2 has no reason phrases.
  if ("statusMessage" in response && !("stream" in response)) response.statusMessage = "";
  if (isStore) response.setHeader("Retry-After", UNAVAILABLE.retryAfter);
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(isStore ? UNAVAILABLE.text : "Internal Server Error");
}

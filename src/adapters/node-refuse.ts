import type { NodeResponse } from "./node-exchange.ts";
import type { Methods } from "./node-methods.ts";
import { FAILED, refusalOf } from "./refusal.ts";

/** Answers with an error in place of what the application meant to send; where that has begun to leave, it is cut off. The methods are the response's as they were before ours. */
export function refuse(
  response: NodeResponse,
  error: unknown,
  { writeHead, end }: Pick<Methods, "writeHead" | "end">,
): void {
  const isHttp2 = response.req.httpVersionMajor >= 2;
  if (response.headersSent) {
    // Over HTTP/2 only an error tells the client that something is missing.
    if (!response.writableEnded) response.destroy(isHttp2 ? (error as Error) : undefined);
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const { status, text, headers } = refusalOf(error) ?? FAILED;
  // The application's reason was that of another status. HTTP/2 has none.
  if (!isHttp2) (response as { statusMessage: string }).statusMessage = "";
  writeHead.call(response, status, { ...headers, "Content-Length": String(text.length) });
  end.call(response, response.req.method === "HEAD" ? undefined : text);
}

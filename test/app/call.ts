import { type ErrorCode, HipflaskError, StoreError } from "hipflask";
import { writeJson } from "./json.ts";

/** A request, as the routes see it whatever the adapter is. Their answer is a `Response`. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** What `sessions.get` and `cookies` take. */
  readonly context: object;
  text(): Promise<string>;
}

export function call(method: string, url: string, context: object, text: () => Promise<string>): Call {
  const { pathname, searchParams } = new URL(url);
  return { method, path: pathname, query: searchParams, context, text };
}

/** The caller asked for something that cannot be done. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function answer(value: unknown, status = 200): Response {
  const body = writeJson(value);
  return new Response(body, {
    status,
    headers: { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) },
  });
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  TOO_LARGE: 413,
  GONE: 409,
  UNAUTHORIZED: 401,
  NEEDS_REFRESH: 401,
};

/** What the client gets to know of an error. */
export function failure(error: unknown): Response {
  if (error instanceof StoreError)
    return new Response("Service Unavailable", { status: error.status, headers: { "Retry-After": "1" } });
  if (error instanceof RequestError) return answer({ error: error.message }, error.status);
  if (error instanceof HipflaskError) {
    const status = STATUS[error.code] ?? 400;
    return answer({ error: error.code, message: error.message }, status);
  }
  return answer({ error: "INTERNAL" }, 500);
}

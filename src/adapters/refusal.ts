import { GoneError, StoreError } from "../errors.ts";
import type { Exchange } from "../session/index.ts";

/** What a visitor is told when their session is the reason that there is no other answer: nothing of what went wrong. */
export interface Refusal {
  readonly status: 409 | 500 | 503;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

const PLAIN = { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" };
const UNAVAILABLE = "Service Unavailable";
const CONFLICT = { text: "Conflict", headers: PLAIN };

/** What is answered to the error of a store that does not work, and of a session that has ended. Any other error is not ours: 500. */
export const FAILED: Refusal = { status: 500, text: "Internal Server Error", headers: PLAIN };

/** The answer to an error that a session can end a request with; undefined for every other one. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof StoreError)
    return { status: error.status, text: UNAVAILABLE, headers: { ...PLAIN, ...error.headers } };
  if (error instanceof GoneError) return { status: error.status, ...CONFLICT };
  return undefined;
}

/** The answer in place of another one, whose body nobody will read. */
export function refusalResponse({ status, text, headers }: Refusal, instead?: Response): Response {
  instead?.body?.cancel().catch(() => undefined);
  return new Response(text, { status, headers });
}

/**
 * Whether a response of this status is the answer to what the session has thrown. Then nothing is stored for it and no cookie
 * goes with it, whoever has made it.
 */
export function isRefusal({ failure }: Pick<Exchange, "failure">, status: number): boolean {
  return refusalOf(failure)?.status === status;
}

/** Passes an error that a session ends the request with on, and no other one. */
export function unlessRefused(error: unknown): void {
  if (refusalOf(error) !== undefined) throw error;
}

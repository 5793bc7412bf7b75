import { ReadableStream } from "node:stream/web";
import type { SessionManager } from "../../session/index.ts";
import type { Handlers } from "./bench.ts";

/** A handler that counts, then answers. */
export function counting(sessions: SessionManager, answer: () => Response): Handlers[string] {
  return async ({ context }) => {
    const session = await sessions.get(context);
    session.data["n"] = Number(session.data["n"] ?? 0) + 1;
    return answer();
  };
}

/** A handler that shows the session's data. */
export function dumping(sessions: SessionManager): Handlers[string] {
  return async ({ context }) => Response.json((await sessions.get(context)).data);
}

/** A handler that shows who is logged in. */
export function naming(sessions: SessionManager): Handlers[string] {
  return async ({ context }) => Response.json((await sessions.get(context)).user ?? null);
}

/** A body that is made while it is read. */
export function streamed(body: AsyncIterable<Uint8Array>, headers: HeadersInit = {}): Response {
  return new Response(ReadableStream.from(body) as unknown as BodyInit, { headers });
}

/** Text that does not compress. */
export function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return String.fromCharCode(48 + (state % 42));
  }).join("");
}

import { ReadableStream } from "node:stream/web";
import { createSessions, type SessionEvent, type SessionManager } from "hipflask";
import { flaskConfig } from "hipflask/flask";
import type { Send } from "../support/client.ts";
import type { App } from "../app/adapters.ts";
import type { Call } from "../app/call.ts";
import { SECRET, type StorageKind } from "./storages.ts";

/** One adapter under one way to reach it. */
export interface Subject {
  readonly name: string;
  /** Serves the application until the test has finished. */
  start(app: App): Promise<Served>;
  /** Undefined: no network at all. */
  readonly protocol?: "http1" | "http2";
  /** Whether an error that a handler throws becomes an answer that still passes by the adapter. */
  readonly seesErrors: boolean;
  /** Whether the framework has a page of its own for errors. Default: false, plain text. */
  readonly hasErrorPage?: boolean;
  /** Whether every answer of status 500 counts as the framework's own. Default: false. */
  readonly ownsStatus500?: boolean;
  /** How its sessions are kept. */
  readonly storage: StorageKind;
}

interface Served {
  readonly send: Send;
  /** Undefined without a network. */
  readonly origin?: string;
}

/** Sessions by Flask's rules. */
export function flask(): SessionManager {
  return createSessions(flaskConfig({ SECRET_KEY: SECRET }));
}

export function eventsOf(sessions: SessionManager): SessionEvent[] {
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  return events;
}

type Handlers = Readonly<Record<string, (call: Call) => Response | Promise<Response>>>;

/** Serves an application with a handler for each path. */
export function serve(
  { start }: Pick<Subject, "start">,
  sessions: SessionManager,
  handlers: Handlers,
): Promise<Served> {
  return start({ sessions, respond: (call) => handlers[call.path]!(call) });
}

/** A handler that counts, then answers. */
export function counting(
  sessions: SessionManager,
  answer: () => Response,
): (call: Call) => Promise<Response> {
  return async ({ context }) => {
    const session = await sessions.get(context);
    session.data["n"] = Number(session.data["n"] ?? 0) + 1;
    return answer();
  };
}

/** A body that is made while it is read. */
export function streamed(body: AsyncIterable<Uint8Array>): Response {
  return new Response(ReadableStream.from(body) as unknown as BodyInit);
}

/** What the function throws or rejects with. */
export async function failureOf(attempt: () => unknown): Promise<unknown> {
  try {
    await attempt();
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail.");
}

/** Text that does not compress. */
export function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return String.fromCharCode(48 + (state % 42));
  }).join("");
}

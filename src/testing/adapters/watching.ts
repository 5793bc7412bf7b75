import { setTimeout as sleep } from "node:timers/promises";
import type { SessionEvent, SessionManager } from "../../session/index.ts";

/** What the function throws or rejects with. */
export async function failureOf(attempt: () => unknown): Promise<unknown> {
  try {
    await attempt();
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail.");
}

/** What happens to these sessions from now on. */
export function eventsOf(sessions: SessionManager): SessionEvent[] {
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  return events;
}

/** Waits until it is so, for five seconds at most. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 1000; i += 1) {
    if (isSo()) return;
    await sleep(5);
  }
  throw new Error(`It never came: ${what}.`);
}

/** Lets `work` collect what would end a process that does not look out for it: there must be none. */
export async function unhandledDuring(work: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on("unhandledRejection", note).on("uncaughtException", note);
  try {
    await work();
    await sleep(20);
  } finally {
    process.off("unhandledRejection", note).off("uncaughtException", note);
  }
  return unhandled;
}

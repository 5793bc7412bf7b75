import {
  createSessions,
  type SessionEvent,
  type SessionOptions,
  signedCookie,
} from "../../src/session/index.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { KEY, Visitor } from "./visitor.ts";

/** Sessions in signed cookies, a visitor, and what happens to them. */
export function setUp(options: Partial<SessionOptions> = {}) {
  const clock = new FakeClock();
  const sessions = createSessions({ secretKey: KEY, storage: signedCookie(), clock, ...options });
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  return {
    sessions,
    clock,
    events,
    visitor: new Visitor(sessions),
    types: () => events.map(({ type }) => type),
  };
}

import { createSessions, type SessionManager, type SessionOptions } from "hipflask";
import { inspector, type InspectorOptions } from "../../src/inspector/inspector.ts";
import type { State } from "../../src/inspector/report.ts";
import { webSessions } from "../../src/adapters/web.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { TestClient } from "../../src/testing/client/test-client.ts";
import { KEY } from "./visitor.ts";

/** Where its visitors come from. */
export const HERE = { address: "127.0.0.1" };

/** An application with an inspector, and browsers that use both. */
export function setUp(options: Partial<SessionOptions> = {}, looking: InspectorOptions = {}) {
  const clock = new FakeClock();
  const sessions = createSessions({ secretKey: KEY, clock, ...options });
  const inspect = inspector(sessions, looking);
  const app = webSessions(sessions, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(inspect.path)) return inspect.fetch(request, HERE);
    return respond(sessions, request, pathname);
  });
  const browser = () => new TestClient(app, { clock });
  return { clock, sessions, inspect, app, browser };
}

async function respond(sessions: SessionManager, request: Request, pathname: string): Promise<Response> {
  if (pathname === "/plain") return new Response("nothing to do with sessions");
  const session = await sessions.get(request);
  if (pathname === "/read") return Response.json(session.data);
  if (pathname === "/logout") await session.destroy();
  if (pathname === "/login") await session.regenerate({ user: "ada" });
  if (pathname === "/count") await session.update((data) => void (data["count"] = (data["count"] ?? 0) + 1));
  if (pathname === "/write") {
    session.data["cart"] ??= { tea: 1, token: "a-secret-of-the-cart" };
    session.data["cart"].tea += 1;
  }
  if (pathname === "/large") session.data["large"] = "x".repeat(4000);
  if (pathname === "/big") session.data["big"] = "x".repeat(1_000_000);
  if (pathname === "/huge") session.data["huge"] = "x".repeat(20_000);
  return new Response();
}

/** What a browser's page is told. */
export async function stateOf(client: TestClient): Promise<State> {
  return (await client.get("/inspector/state")).json() as Promise<State>;
}

/** The newest of its requests. */
export async function lastOf(client: TestClient) {
  return (await stateOf(client)).requests[0]!;
}

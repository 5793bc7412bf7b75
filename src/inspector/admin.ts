import { ConfigError } from "../errors.ts";
import { checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import { type Guard, refuse } from "./access.ts";
import { AdminRoutes } from "./admin/routes.ts";
import { isBelow, type NodeHandler, onNode, secured } from "./mount.ts";

export type { Guard } from "./access.ts";

/** Where {@link sessionsAdmin} puts the pages, and whom it lets in. */
export interface SessionsAdminOptions {
  /** Says for each request to these pages whether it may pass: it is asked before anything else, and there must be one. */
  readonly guard: Guard;
  /** Where the pages are. Default: `/admin/sessions`. */
  readonly path?: string | undefined;
}

/** Pages on which whoever runs an application sees its sessions, and ends them. */
export interface SessionsAdmin {
  /** Where they are. */
  readonly path: string;
  /** Answers a request of the Fetch API to `path` or below; 404 for any other. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Middleware for Node: answers a request to `path` or below, and calls `next` for any other; 404 where there is no `next`. */
  readonly node: NodeHandler;
}

const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Makes pages to administer the sessions of an application: to see who is logged in where and since when, to end one
 * session, all of a user or all there are, and to see how the store is. They need no script in the browser, and show no session's data
 * and nothing that opens a session. What is counted over time is counted in the memory of this process, from this call on.
 *
 * @example
 * const admin = sessionsAdmin(sessions, {
 *   guard: async (request) => (await sessions.fromRequest(request)).user === "admin",
 * });
 * app.use(admin.node); // Express; with the Fetch API: admin.fetch(request)
 * @throws ConfigError without a guard, and for a path that is none
 */
export function sessionsAdmin<Data extends object>(
  sessions: SessionManager<Data>,
  options: SessionsAdminOptions,
): SessionsAdmin {
  checkSessions(sessions, "sessionsAdmin(sessions, { guard })");
  const { guard, path = "/admin/sessions" } = options ?? {};
  if (typeof guard !== "function")
    throw new ConfigError(
      "Whoever sees these pages can log everybody out. Say who may: sessionsAdmin(sessions, { guard: (request) => … }).",
    );
  if (!/^(?:\/[\w.~-]+)+$/.test(path))
    throw new ConfigError(
      'The path of the session administration must be like "/admin/sessions", without a slash at its end.',
    );
  const routes = new AdminRoutes(sessions, path);

  async function answer(request: Request): Promise<Response> {
    return secured((await refuse(request, guard, undefined)) ?? (await routes.answer(request)), POLICY);
  }

  return {
    path,
    async fetch(request) {
      if (!isBelow(path, new URL(request.url).pathname)) return new Response("Not found", { status: 404 });
      return answer(request);
    },
    node: onNode(path, answer),
  };
}

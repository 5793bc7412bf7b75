import { ConfigError } from "../errors.ts";
import { checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import type { Guard } from "./access.ts";
import { isBelow, type NodeHandler, onNode } from "./mount.ts";
import { Recorder } from "./recorder.ts";
import { Routes } from "./routes.ts";

/** Where {@link inspector} puts the page, and whom it lets in. */
export interface InspectorOptions {
  /** Where the inspector is. Default: `/inspector`. */
  readonly path?: string | undefined;
  /**
   * Says for each request to the inspector whether it may pass; in production there must be one. Default: this machine's own
   * requests to `localhost` may pass, and no others.
   */
  readonly guard?: Guard | undefined;
}

/** What a server tells of a connection. */
export interface Connection {
  /** The address of whoever is connected. */
  readonly address?: string | undefined;
}

/** A page on which a browser sees its cookies, its session and its last requests. */
export interface Inspector {
  /** Where it is. */
  readonly path: string;
  /** Answers a request of the Fetch API to `path` or below; 404 for any other. */
  readonly fetch: (request: Request, connection?: Connection) => Promise<Response>;
  /** Middleware for Node: answers a request to `path` or below, and calls `next` for any other; 404 where there is no `next`. */
  readonly node: NodeHandler;
}

/**
 * Makes an inspector of these sessions. It notes what they do for a browser from the moment on when that browser has opened the
 * inspector, in memory, and shows it to that browser alone.
 *
 * @example
 * app.use(inspector(sessions).node); // Express
 * @throws ConfigError with NODE_ENV=production and no guard, and for a path that is none
 */
export function inspector<Data extends object>(
  sessions: SessionManager<Data>,
  options: InspectorOptions = {},
): Inspector {
  checkSessions(sessions, "inspector(sessions, options)");
  const { path = "/inspector", guard } = options;
  if (guard === undefined && process.env.NODE_ENV === "production") {
    throw new ConfigError(
      "The inspector shows sessions, and this is production. Say who may see it: inspector(sessions, { guard: (request) => … }), or leave it out.",
    );
  }
  if (!/^(?:\/[\w.~-]+)+$/.test(path))
    throw new ConfigError('The path of the inspector must be like "/inspector", without a slash at its end.');
  const routes = new Routes(sessions, new Recorder(sessions, path), path, guard);
  const addressOf = (request: Request, connection?: Connection): string | undefined =>
    connection?.address ??
    sessions.currentExchange()?.request.address?.() ??
    // Servers built on srvx, such as H3's, put it there.
    (request as { ip?: string }).ip;

  return {
    path,
    async fetch(request, connection) {
      if (!isBelow(path, new URL(request.url).pathname)) return new Response("Not found", { status: 404 });
      return routes.answer(request, addressOf(request, connection));
    },
    node: onNode(path, (request, address) => routes.answer(request, address)),
  };
}

import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { cookies, createSessions } from "hipflask";
import { nodeSessions } from "hipflask/adapters/node";
import { inspector } from "hipflask/inspector";
import { KEY } from "../support/visitor.ts";
import { selfSigned } from "./certificate.ts";
import { HOSTS } from "./site-server.ts";

/** An application with an inspector that everybody may see, under all names, over http and https. */
export class InspectorSite {
  readonly #servers: readonly Server[];
  /** The Cookie header that came with each request to `/echo`, by its query. */
  readonly #seen = new Map<string, string>();

  private constructor() {
    const sessions = createSessions({ secretKey: KEY });
    const inspect = inspector(sessions, { guard: () => true });
    const handle = nodeSessions(sessions, (request: IncomingMessage, response: ServerResponse) =>
      inspect.node(request, response, () => this.#answer(sessions, request, response)),
    );
    this.#servers = [createHttpServer(handle), createHttpsServer(selfSigned(HOSTS), handle)];
  }

  static async start(): Promise<InspectorSite> {
    const site = new InspectorSite();
    for (const server of site.#servers) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    }
    return site;
  }

  async #answer(
    sessions: ReturnType<typeof createSessions>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { pathname, search, searchParams } = new URL(request.url!, "http://localhost");
    if (pathname === "/echo") this.#seen.set(search, request.headers.cookie ?? "");
    if (pathname === "/set") response.setHeader("Set-Cookie", searchParams.getAll("header"));
    if (pathname === "/visit") (await sessions.get(request)).flash("visited");
    if (pathname === "/shop") {
      const jar = cookies(request);
      jar.set("good", "1", { secure: false });
      jar.set("elsewhere", "1", { secure: false, domain: "b.test" });
      jar.set("secure", "1", { secure: true });
      jar.set("strict", "1", { secure: false, sameSite: "strict" });
    }
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>A page</title>");
  }

  /** `https://a.test` and so on, with the port. */
  origin(name: string): string {
    const server = this.#servers[name.startsWith("https:") ? 1 : 0]!;
    return `${name}:${(server.address() as AddressInfo).port}`;
  }

  /** The names of the cookies that came with the request to `/echo` that had this query; undefined where none came. */
  seen(search: string): string[] | undefined {
    const header = this.#seen.get(search);
    return header === undefined ? undefined : header.split("; ").map((pair) => pair.split("=", 1)[0]!);
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

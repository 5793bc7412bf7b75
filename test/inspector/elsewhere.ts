/** A server with the inspector on Bun or Deno, as docs/inspector.md mounts it. */
import { createSessions } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { inspector } from "hipflask/inspector";

declare const Bun: any;
declare const Deno: any;

const sessions = createSessions({ secretKey: "the-secret-key-of-this-test-and-of-no-other" });
const inspect = inspector(sessions, {
  path: "/dev/sessions",
  ...(process.env["GUARDED"] === "1" && {
    guard: async (request: Request) => request.headers.get("X-Pass") === "yes",
  }),
});

async function visit(request: Request): Promise<Response> {
  if (new URL(request.url).pathname !== "/visit") return new Response("Nothing is here.", { status: 404 });
  const session = await sessions.get(request);
  session.data["visits"] = 1;
  return new Response("1");
}

const isForIt = (request: Request): boolean =>
  `${new URL(request.url).pathname}/`.startsWith(`${inspect.path}/`);

if ("Deno" in globalThis) {
  const handler = webSessions(sessions, (request, info: any) =>
    isForIt(request) ? inspect.fetch(request, { address: info.remoteAddr.hostname }) : visit(request),
  );
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }: any) => announce(port) }, handler);
} else {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: webSessions(sessions, (request, own: any) =>
      isForIt(request)
        ? inspect.fetch(request, { address: own.requestIP(request)?.address })
        : visit(request),
    ),
  });
  announce(server.port);
}

function announce(port: number): void {
  console.log(`listening on http://127.0.0.1:${port}`);
}

/** The conformance app as a Worker: its environment is the Worker's, there are no files, and its store is memory. */
import { createSessions, encryptedCookie, serverSide, type SessionManager, signedCookie } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { flaskConfig } from "hipflask/flask";
import { MemoryStore } from "hipflask/stores/memory";
import { answer, call, failure } from "./call.ts";
import { conformanceRoutes } from "./routes.ts";

interface Environment {
  readonly STORAGE: keyof typeof STORAGES;
  readonly SECRET_KEY: string;
  readonly SECRET_KEY_FALLBACKS: string;
  readonly LIFETIME: string;
  readonly IDLE_TIMEOUT: string;
}

const STORAGES = {
  encrypted: (env: Environment) => createSessions({ ...options(env), storage: encryptedCookie() }),
  signed: (env: Environment) => createSessions({ ...options(env), storage: signedCookie() }),
  server: (env: Environment) => createSessions({ ...options(env), storage: serverSide(new MemoryStore()) }),
  flask: (env: Environment) =>
    createSessions(
      flaskConfig({
        SECRET_KEY: env.SECRET_KEY,
        SECRET_KEY_FALLBACKS: options(env).secretKeyFallbacks,
        PERMANENT_SESSION_LIFETIME: Number(env.LIFETIME),
      }),
    ),
} satisfies Record<string, (env: Environment) => SessionManager>;

function options(env: Environment) {
  return {
    secretKey: env.SECRET_KEY,
    secretKeyFallbacks: env.SECRET_KEY_FALLBACKS.split(",").filter((key) => key !== ""),
    lifetime: Number(env.LIFETIME),
    idleTimeout: Number(env.IDLE_TIMEOUT),
  };
}

let handle: ((request: Request) => Promise<Response>) | undefined;

/** A Worker may begin nothing before its first request. */
function begin(env: Environment): (request: Request) => Promise<Response> {
  const sessions = STORAGES[env.STORAGE](env);
  const respond = conformanceRoutes({ sessions, unhandled: () => 0 });
  return webSessions(sessions, async (request: Request) =>
    respond(call(request.method, request.url, request, () => request.text())),
  );
}

export default {
  async fetch(request: Request, env: Environment): Promise<Response> {
    if (new URL(request.url).pathname === "/ping") return answer({ pong: true });
    try {
      return await (handle ??= begin(env))(request);
    } catch (error) {
      return failure(error);
    }
  },
};

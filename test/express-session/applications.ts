import { createRequire } from "node:module";
import { createServer, type RequestListener } from "node:http";
import express, { type Express } from "express";
import session, { type SessionOptions } from "hipflask/express-session";
import { onTestFinished } from "vitest";
import { sleep } from "../support/faulty-store.ts";
import { listen } from "../support/client.ts";
import { KEY } from "../support/visitor.ts";

const require = createRequire(import.meta.url);

/** The middleware of express-session itself, without types. */
export const theirs = require("express-session") as typeof session;

export const OPTIONS = { secret: KEY, resave: false, saveUninitialized: false } satisfies SessionOptions;

/** A server that runs as long as the test; gives its origin. */
export async function serve(app: RequestListener | Express): Promise<string> {
  const { origin, close } = await listen(createServer(app as RequestListener));
  onTestFinished(close);
  return origin;
}

/** An application of Express' that keeps a dict: what is tried on both. */
export function dictApp(options: SessionOptions, middleware: typeof session = session): Express {
  const app = express();
  app.use(middleware({ ...OPTIONS, ...options }));
  app.get("/dump", (request, response) => {
    // The second is what session-file-store adds.
    const { cookie: _, __lastAccess: __, ...data } = request.session as unknown as Record<string, unknown>;
    response.json(data);
  });
  app.get("/nop", (_request, response) => void response.send("nothing"));
  app.post("/set/:key", async (request, response) => {
    await sleep(Number(request.query.ms ?? 0));
    Object.assign(request.session, { [request.params.key]: true });
    response.send("set");
  });
  app.post("/push", (request, response) => {
    const data = request.session as { list?: number[] };
    (data.list ??= []).push(1);
    response.json(data.list);
  });
  app.post("/redirect", (request, response) => {
    Object.assign(request.session, { redirected: true });
    response.redirect("/dump");
  });
  app.post("/logout", async (request, response) => {
    await request.session.destroy();
    response.send("out");
  });
  app.post("/regenerate", async (request, response) => {
    const before = request.sessionID;
    await request.session.regenerate();
    Object.assign(request.session, { user: "ada" });
    response.json({ changed: before !== request.sessionID });
  });
  app.get("/stream", (request, response) => {
    Object.assign(request.session, { early: true });
    response.write("first, ");
    Object.assign(request.session, { late: true });
    response.end("last");
  });
  return app;
}

/** A browser's requests to an origin: keeps the one cookie. */
export class Browser {
  readonly #origin: string;
  cookie = "";

  constructor(origin: string, cookie = "") {
    this.#origin = origin;
    this.cookie = cookie;
  }

  async send(method: string, path: string, keep = true): Promise<Response> {
    const response = await fetch(this.#origin + path, {
      method,
      headers: this.cookie === "" ? {} : { Cookie: this.cookie },
      redirect: "manual",
    });
    // express-session sends the headers before it has stored anything.
    await response.clone().arrayBuffer();
    const [set] = response.headers.getSetCookie();
    if (set !== undefined && keep) this.cookie = set.split(";")[0]!;
    return response;
  }

  async json(path: string): Promise<Record<string, unknown>> {
    return (await (await this.send("GET", path)).json()) as Record<string, unknown>;
  }
}

import { type Guard, refuse } from "./access.ts";
import { findCookies, stringifySetCookie } from "../cookie/index.ts";
import type { SessionManager } from "../session/index.ts";
import { textOf } from "./body.ts";
import { liveResponse } from "./live.ts";
import { type Look, lookOf } from "./look.ts";
import { secured } from "./mount.ts";
import { page } from "./page.ts";
import { type Recorder, SECURE_WATCH_COOKIE, watchCookie } from "./recorder.ts";
import { stateOf } from "./state.ts";
import { readTampering, tamper } from "./tamper.ts";
import { readQuestion, verdictOn } from "./verdict.ts";
import type { Watcher } from "./watcher.ts";

/** @param folder where its files are, as the address of the page leads to them */
const html = (folder: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Session inspector</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${folder}style.css">
<script type="module" src="${folder}script.js"></script>
</head>
<body><div id="inspector"></div><noscript>The inspector needs JavaScript.</noscript></body>
</html>
`;

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** Answers the requests to the inspector's own path. */
export class Routes {
  readonly #sessions: SessionManager;
  readonly #recorder: Recorder;
  readonly #guard: Guard | undefined;
  readonly #path: string;

  constructor(sessions: SessionManager, recorder: Recorder, path: string, guard: Guard | undefined) {
    this.#sessions = sessions;
    this.#recorder = recorder;
    this.#path = path;
    this.#guard = guard;
  }

  /** @param address of whoever is connected, as far as it is known */
  async answer(request: Request, address: string | undefined): Promise<Response> {
    return secured((await refuse(request, this.#guard, address)) ?? (await this.#route(request)), POLICY);
  }

  async #route(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const look = lookOf(request, searchParams.get("origin"));
    // Some frameworks lead to every address without its last slash, and some to every one with it.
    const place = pathname.slice(this.#path.length).replace(/\/$/, "");
    // Whoever serves the answer leaves the body out. What is live has no end that such a request could wait for.
    const method = request.method === "HEAD" && place !== "/live" ? "GET" : request.method;
    switch (`${method} ${place}`) {
      case "GET ": {
        const folder = pathname.endsWith("/") ? "" : this.#path.replace(/.*\/(.*)/, "$1/");
        return text("text/html; charset=utf-8", html(folder));
      }
      case "GET /script.js":
        return text("text/javascript; charset=utf-8", (await page()).script);
      case "GET /style.css":
        return text("text/css; charset=utf-8", (await page()).style);
      case "GET /state":
        return this.#state(look);
      case "GET /live": {
        const watcher = this.#watcher(look);
        return watcher === undefined ? plain(409, "Ask for the state first.") : liveResponse(watcher);
      }
      case "POST /forget":
        this.#watcher(look)?.forget();
        return new Response(null, { status: 204 });
      case "POST /tamper": {
        const tampering = readTampering(await bodyOf(request));
        if (tampering === undefined)
          return plain(400, "A change is needed: flip with the place at which, cut or grow.");
        const report = await tamper(this.#recorder, look, tampering);
        return report === undefined
          ? plain(400, "There is no session cookie to change.")
          : Response.json(report);
      }
      case "POST /verdict": {
        const question = readQuestion(await bodyOf(request));
        return question === undefined
          ? plain(400, "A header and the address of a page are needed.")
          : Response.json(verdictOn(question));
      }
      default:
        return plain(404, "There is nothing here.");
    }
  }

  #watcher({ facts }: Look): Watcher | undefined {
    return this.#recorder.watcher(findCookies(facts.cookie, watchCookie(facts))[0]);
  }

  /** A browser that asks is watched from now on: it gets our cookie where it has none that is good, and would keep it. */
  async #state(look: Look): Promise<Response> {
    const name = watchCookie(look.facts);
    const secure = name === SECURE_WATCH_COOKIE;
    const known = this.#watcher(look);
    const begun = known === undefined && (!secure || look.isSecure) ? this.#recorder.begin() : undefined;
    const watcher = known ?? begun?.watcher;
    const response = Response.json(await stateOf(this.#sessions, this.#recorder, watcher, look));
    if (begun === undefined) return response;
    const attributes = { path: "/", httpOnly: true, sameSite: "lax", secure } as const;
    response.headers.append("Set-Cookie", stringifySetCookie(name, begun.id, attributes));
    return response;
  }
}

function text(type: string, body: string): Response {
  return new Response(body, { headers: { "Content-Type": type } });
}

function plain(status: number, message: string): Response {
  return new Response(message, { status, headers: { "Content-Type": "text/plain; charset=utf-8" } });
}

/** A form of another site's cannot send JSON under its name. */
async function bodyOf(request: Request): Promise<unknown> {
  if (request.headers.get("Content-Type")?.startsWith("application/json") !== true) return undefined;
  try {
    return JSON.parse((await textOf(request)) ?? "");
  } catch {
    return undefined;
  }
}

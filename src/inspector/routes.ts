import { WATCH_COOKIE, SECURE_WATCH_COOKIE, type Recorder } from "./recorder.ts";
import { type Guard, refusalOf } from "./access.ts";
import { findCookies, stringifySetCookie } from "../cookie/index.ts";
import type { SessionManager } from "../session/index.ts";
import { isPlainLoopback } from "../session/manager.ts";
import { factsOf } from "../session/plain-request.ts";
import { liveResponse } from "./live.ts";
import { lookOf } from "./look.ts";
import { secured } from "./mount.ts";
import { page } from "./page.ts";
import { stateOf } from "./state.ts";
import { readTampering, tamper } from "./tamper.ts";
import { readQuestion, verdictOn } from "./verdict.ts";
import type { Watcher } from "./watcher.ts";

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Session inspector</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script type="module" src="script.js"></script>
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
    const refusal = await refusalOf(request, this.#guard, address);
    return secured(refusal === undefined ? await this.#route(request) : plain(403, refusal), POLICY);
  }

  async #route(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const look = lookOf(request, searchParams.get("origin"));
    switch (`${request.method} ${pathname.slice(this.#path.length)}`) {
      case "GET ":
        return new Response(null, { status: 308, headers: { Location: `${this.#path}/` } });
      case "GET /":
        return this.#watching(request, () => text("text/html; charset=utf-8", HTML));
      case "GET /script.js":
        return text("text/javascript; charset=utf-8", (await page()).script);
      case "GET /style.css":
        return text("text/css; charset=utf-8", (await page()).style);
      case "GET /state":
        return this.#watching(request, async (watcher) =>
          Response.json(await stateOf(this.#sessions, this.#recorder, watcher, look)),
        );
      case "GET /live": {
        const watcher = this.#watcher(request);
        return watcher === undefined ? plain(409, "Ask for the state first.") : liveResponse(watcher);
      }
      case "POST /forget":
        this.#watcher(request)?.forget();
        return new Response(null, { status: 204 });
      case "POST /tamper": {
        const tampering = readTampering(await bodyOf(request));
        const report = tampering && (await tamper(this.#recorder, look, tampering));
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

  #watcher(request: Request): Watcher | undefined {
    const cookies = request.headers.get("Cookie");
    return this.#recorder.watcher(findCookies(cookies, watchCookie(request))[0]);
  }

  /** Answers a browser that is watched from now on: it gets our cookie where it has none that is good. */
  async #watching(
    request: Request,
    answer: (watcher: Watcher) => Response | Promise<Response>,
  ): Promise<Response> {
    const known = this.#watcher(request);
    if (known !== undefined) return answer(known);
    const { id, watcher } = this.#recorder.begin();
    const response = await answer(watcher);
    const name = watchCookie(request);
    const secure = name === SECURE_WATCH_COOKIE;
    const attributes = { path: "/", httpOnly: true, sameSite: "lax", secure } as const;
    response.headers.append("Set-Cookie", stringifySetCookie(name, id, attributes));
    return response;
  }
}

/** As with the session's own: only on this machine there is no use for Secure. */
function watchCookie(request: Request): string {
  return isPlainLoopback(factsOf(request)) ? WATCH_COOKIE : SECURE_WATCH_COOKIE;
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
    return await request.json();
  } catch {
    return undefined;
  }
}

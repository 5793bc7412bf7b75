import { ConfigError, StoreError } from "../../errors.ts";
import type { SessionManager } from "../../session/index.ts";
import { readHandle } from "../../session/server-side/session-id.ts";
import { Census } from "./census.ts";
import { everybodyPage } from "./everybody-page.ts";
import { fieldsOf } from "./form.ts";
import { healthPage } from "./health-page.ts";
import { History } from "./history.ts";
import { type Context, problem } from "./layout.ts";
import { noticeOf } from "./notice.ts";
import { sessionsPage } from "./sessions-page.ts";
import { style } from "./style.ts";
import { type FormToken, formToken, isGoodToken } from "./token.ts";
import { userPage } from "./user-page.ts";

/** Answers the requests to the pages of the session administration. Whoever asks has passed the guard. */
export class AdminRoutes {
  readonly #sessions: SessionManager;
  readonly #path: string;
  readonly #history: History;
  readonly #census: Census;

  constructor(sessions: SessionManager, path: string) {
    this.#sessions = sessions;
    this.#path = path;
    this.#history = new History(sessions);
    this.#census = new Census(sessions);
  }

  async answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    // Some frameworks lead to every address without its last slash, and some to every one with it.
    const below = pathname.slice(this.#path.length);
    const place = below.replace(/\/$/, "");
    const root = "../".repeat(below.split("/").length - 1) + this.#path.replace(/.*\//, "");
    const token = formToken(request);
    const context = this.#context(root, token, noticeOf(searchParams));
    const response = await this.#respond(request, place, searchParams, context).catch((error: unknown) =>
      failed(context, error),
    );
    if (token.setCookie !== undefined) response.headers.append("Set-Cookie", token.setCookie);
    return response;
  }

  #context(root: string, { text }: FormToken, notice: string | undefined): Context {
    return { root, token: text, now: this.#sessions.settings.timing.clock.now(), notice };
  }

  async #respond(
    request: Request,
    place: string,
    query: URLSearchParams,
    context: Context,
  ): Promise<Response> {
    if (request.method === "POST") return this.#act(request, place, query, context);
    if (request.method !== "GET" && request.method !== "HEAD") return nothingHere(context);
    switch (place) {
      case "": {
        const user = query.get("user");
        if (user !== null && user !== "") return page(await userPage(this.#sessions, context, user));
        return page(await sessionsPage(this.#sessions, context, query.get("after") ?? undefined));
      }
      case "/everybody":
        return page(everybodyPage(context));
      case "/health":
        return page(healthPage(context, this.#history, this.#census));
      case "/style.css":
        return new Response(await style(), { headers: { "Content-Type": "text/css; charset=utf-8" } });
      default:
        return nothingHere(context);
    }
  }

  async #act(request: Request, place: string, query: URLSearchParams, context: Context): Promise<Response> {
    const fields = await fieldsOf(request);
    if (!isGoodToken(request, fields.get("token"))) {
      const sentence =
        "This form is not one of this browser's, or its cookie is gone: but for localhost, browsers keep it over https alone. Open the page again.";
      return page(problem(context, "Nothing was done", sentence), 403);
    }
    switch (`${place} ${fields.get("do")}`) {
      case " end": {
        const handle = fields.get("handle") ?? "";
        if (readHandle(handle) === undefined) return incomplete(context);
        const ended = await this.#sessions.revoke(handle);
        return back(query, { done: ended ? "one" : "none" });
      }
      case " end-user": {
        const user = query.get("user") ?? "";
        if (user === "") return incomplete(context);
        const count = await this.#sessions.forUser(user).revokeAll();
        return back(query, { done: "user", count: String(count) });
      }
      case " end-all": {
        if (fields.get("sure") !== "yes") return page(everybodyPage(context), 400);
        const count = await this.#sessions.revokeAll();
        return back(new URLSearchParams(), { done: "all", count: String(count) });
      }
      case "/health count":
        void this.#census.begin();
        return back(query, { done: "count" });
      default:
        return nothingHere(context);
    }
  }
}

/**
 * To the page that a form was sent to, and the part of its list that the form stood on. It says no path: one that leads on from here
 * frameworks make whole, each in its own way.
 */
function back(query: URLSearchParams, notice: Record<string, string>): Response {
  const places = ["user", "after"].flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value]];
  });
  const text = new URLSearchParams({ ...Object.fromEntries(places), ...notice }).toString();
  return new Response(null, { status: 303, headers: { Location: `?${text}` } });
}

/** A store that fails, and what a store or the storage cannot do, are for people to read; the rest is a fault. */
function failed(context: Context, error: unknown): Response {
  if (error instanceof StoreError) {
    const sentence =
      "The store does not answer, or not in time. If something was to be ended, nobody knows whether it was: try again.";
    return page(problem(context, "The store failed", sentence), 503);
  }
  if (error instanceof ConfigError) return page(problem(context, "Not here", error.message), 501);
  throw error;
}

function nothingHere(context: Context): Response {
  return page(problem(context, "No such page", "There is nothing here."), 404);
}

function incomplete(context: Context): Response {
  return page(problem(context, "Nothing was done", "The form does not say which session it is about."), 400);
}

function page(text: string, status = 200): Response {
  return new Response(text, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

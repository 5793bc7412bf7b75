import { seconds } from "../clock.ts";
import type { Dict } from "../codec/index.ts";
import { type CookieHeader, type CookieJar, findCookies } from "../cookie/index.ts";
import { MAX_COOKIE_BYTES } from "../cookie/attributes.ts";
import { quoteAscii } from "../encoding/json-text.ts";
import { HipflaskError, TooLargeError } from "../errors.ts";
import type { CookieTemplate } from "./cookie-settings.ts";
import { type GenuineCookie, openCookie } from "./open-cookie.ts";
import { RESERVED } from "./reserved.ts";
import type { Session, SessionOutcome } from "./session.ts";
import type { Settings } from "./settings.ts";
import { startSession } from "./start.ts";
import { varyWithCookie } from "./vary.ts";

/** The response's headers as an adapter gives access to them. The Fetch API's `Headers` fits as it is. */
export interface ResponseHeaders {
  get(name: string): string | null | undefined;
  set(name: string, value: string): void;
  append(name: string, value: string): void;
}

/**
 * One request and its response. An adapter opens it when the request comes, and commits it when the response's headers
 * are about to leave.
 */
export class Exchange<Data extends object = Dict> {
  /** The cookies of this request and response. */
  readonly jar: CookieJar;
  readonly #settings: Settings<Data>;
  readonly #header: CookieHeader;
  readonly #template: CookieTemplate;
  #promise: Promise<Session<Data>> | undefined;
  #session: Session<Data> | undefined;
  /** The good cookie that came with the request, once somebody asked. */
  #opened: GenuineCookie | undefined;
  #committed = false;
  #failure: unknown;
  #vary = false;
  #setCookies: readonly string[] = [];

  /** @internal Exchanges come from `sessions.open`. */
  constructor(settings: Settings<Data>, header: CookieHeader, template: CookieTemplate, jar: CookieJar) {
    this.#settings = settings;
    this.#header = header;
    this.#template = template;
    this.jar = jar;
  }

  /** The session, loaded by whoever asks first and the same for everybody. */
  session(): Promise<Session<Data>> {
    return (this.#promise ??= this.#load());
  }

  #load(): Promise<Session<Data>> {
    this.#open();
    const session = startSession(this.#settings, this.#opened);
    return session instanceof Promise
      ? session.then((loaded) => this.#begin(loaded))
      : Promise.resolve(this.#begin(session));
  }

  #begin(session: Session<Data>): Session<Data> {
    if (this.#committed) session.seal();
    this.#session = session;
    return session;
  }

  #open(): void {
    if (this.#settings.refuseWrites === undefined) this.#opened = openCookie(this.#settings, this.#sent());
  }

  /** The values under the session cookie's name that came with the request. */
  #sent(): string[] {
    return findCookies(this.#header, this.#template.name);
  }

  /**
   * Decides what the response says of the session and its cookies; to be called once, before its headers leave. After it
   * every change of them throws.
   *
   * @throws TooLargeError when the session does not fit into a cookie
   * @throws DataError when the session holds what cannot be stored
   */
  commit(): void {
    if (this.#committed) return;
    this.#committed = true;
    try {
      // Without a secret key Flask does nothing at all at the end of a request.
      if (this.#settings.refuseWrites === undefined) this.#commitSession();
    } catch (error) {
      this.#failure = error;
      this.#settings.events.emit("session.unsaved", `A session could not be written: ${codeOf(error)}.`);
      throw error;
    } finally {
      this.#session?.seal();
      this.jar.seal();
    }
    this.#setCookies = this.jar.setCookies();
  }

  /** What `commit` threw, if it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Whether the response needs headers of ours. False before `commit`. */
  get hasHeaders(): boolean {
    return this.#vary || this.#setCookies.length > 0;
  }

  /** Puts what `commit` decided on the response: Set-Cookie, Vary and Cache-Control. */
  writeTo(headers: ResponseHeaders): void {
    const vary = this.#vary ? varyWithCookie(headers.get("Vary")) : undefined;
    if (vary !== undefined) headers.set("Vary", vary);
    for (const cookie of this.#setCookies) headers.append("Set-Cookie", cookie);
    // Whatever sets a cookie is for one visitor. Flask leaves that to the application.
    const isPrivate = this.#setCookies.length > 0 && this.#settings.flask === undefined;
    if (isPrivate && !headers.get("Cache-Control")) headers.set("Cache-Control", "no-store");
  }

  #commitSession(): void {
    // Where the session is still loading, somebody wants it.
    const accessed = this.#session?.accessed ?? this.#promise !== undefined;
    const outcome =
      this.#session?.commit(this.#isReissueDue(this.#session), this.#opened?.signedAt) ?? this.#untouched();
    this.#vary = accessed || outcome.action !== "none";
    if (outcome.action === "write") this.#write(outcome);
    else if (outcome.action === "delete") this.#delete();
  }

  /** Flask makes a permanent session's cookie anew although nobody looked at the session. */
  #untouched(): SessionOutcome {
    if (this.#promise !== undefined || this.#settings.flask?.refreshEachRequest !== true)
      return { action: "none" };
    this.#open();
    if (this.#opened?.data[RESERVED.permanent] !== true) return { action: "none" };
    return { action: "write", text: this.#opened.json, permanent: true, created: this.#opened.signedAt };
  }

  #isReissueDue(session: Session<Data>): boolean {
    const { flask, timing } = this.#settings;
    if (flask !== undefined) return flask.refreshEachRequest && session.permanent;
    if (this.#opened === undefined) return false;
    if (this.#opened.oldKey) return true;
    const age = seconds(timing.clock) - this.#opened.signedAt;
    return timing.idleTimeout !== undefined && age >= timing.idleTimeout / 10;
  }

  #write({ text, permanent, created }: Extract<SessionOutcome, { action: "write" }>): void {
    const { codec, events } = this.#settings;
    if (text.length > codec.maxJsonBytes) {
      throw this.#tooLarge(
        `is ${text.length} bytes of JSON; no more are read back than`,
        text.length,
        codec.maxJsonBytes,
      );
    }
    const value = codec.seal(text);
    const size = this.#template.name.length + value.length;
    if (size > MAX_COOKIE_BYTES) {
      throw this.#tooLarge(
        `takes ${size} bytes as a cookie, name included; browsers keep`,
        size,
        MAX_COOKIE_BYTES,
      );
    }
    this.jar.put(this.#template, this.#template.set(value, permanent ? this.#end(created) : undefined));
    if (this.#opened === undefined) events.emit("session.created", "A new session was given to a visitor.");
  }

  /** When a session that is written now will end, in seconds since 1970. */
  #end(created: number): number {
    const { flask, timing } = this.#settings;
    const now = seconds(timing.clock);
    if (flask !== undefined) return now + timing.lifetime;
    return Math.min(created + timing.lifetime, now + (timing.idleTimeout ?? Number.POSITIVE_INFINITY));
  }

  #delete(): void {
    const wasSent = this.#sent().length > 0;
    if (wasSent) this.#settings.events.emit("session.ended", "A session's cookie was deleted.");
    // A cookie that the browser does not have needs no deletion; Flask sends one all the same.
    if (wasSent || this.#settings.flask !== undefined) this.jar.put(this.#template, this.#template.deletion);
  }

  #tooLarge(what: string, size: number, limit: number): TooLargeError {
    const largest = this.#session?.largestKeys() ?? [];
    const names = largest.map(([key, bytes]) => `${printable(key)} (${bytes} bytes)`).join(", ");
    return new TooLargeError(
      `The session ${what} ${limit}. Largest keys: ${names}. Keep less in it, or keep sessions on the server.`,
      size,
      limit,
      largest,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof HipflaskError ? error.code : "an unexpected error";
}

/** A key may come from a visitor, and the message may go to a log. */
function printable(key: string): string {
  const short = key.length > 40 ? `${key.slice(0, 40)}…` : key;
  return /^[\w$-]+…?$/.test(short) ? short : quoteAscii(short);
}

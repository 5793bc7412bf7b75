import { seconds } from "../clock.ts";
import { type CookieHeader, type CookieJar, findCookies } from "../cookie/index.ts";
import type { Dict, OpenedCookie } from "../codec/index.ts";
import { TooLargeError } from "../errors.ts";
import type { CookieTemplate } from "./cookie-settings.ts";
import type { Events } from "./events.ts";
import type { FlaskRules, Timing } from "./options.ts";
import { readOnly } from "./read-only.ts";
import type { SessionRules } from "./rules.ts";
import { fit, type StandardSchema } from "./schema.ts";
import { RESERVED, Session, type SessionOutcome } from "./session.ts";
import { varyWithCookie } from "./vary.ts";

/** The response's headers as an adapter gives access to them. The Fetch API's `Headers` fits as it is. */
export interface ResponseHeaders {
  get(name: string): string | null | undefined;
  set(name: string, value: string): void;
  append(name: string, value: string): void;
}

/** What all exchanges of a manager have in common. */
export interface ExchangeSettings<Data extends object> {
  readonly rules: SessionRules<Data>;
  readonly schema: StandardSchema<Data> | undefined;
  readonly timing: Timing;
  readonly flask: FlaskRules | undefined;
  readonly events: Events;
}

type Genuine = Extract<OpenedCookie, { data: Dict }>;

/** Browsers drop a cookie whose name and value together are longer (RFC 6265bis section 5.7). */
const MAX_COOKIE = 4096;

/**
 * One request and its response. An adapter opens it when the request comes, and commits it when the response's headers
 * are about to leave.
 */
export class Exchange<Data extends object = Dict> {
  /** The cookies of this request and response. */
  readonly jar: CookieJar;
  readonly #settings: ExchangeSettings<Data>;
  readonly #header: CookieHeader;
  readonly #template: CookieTemplate;
  #promise: Promise<Session<Data>> | undefined;
  #session: Session<Data> | undefined;
  /** The genuine cookie that came with the request, once somebody asked. */
  #opened: Genuine | undefined;
  #committed = false;
  #vary = false;
  #cookies: readonly string[] = [];

  /** @internal Exchanges come from `sessions.open`. */
  constructor(
    settings: ExchangeSettings<Data>,
    header: CookieHeader,
    template: CookieTemplate,
    jar: CookieJar,
  ) {
    this.#settings = settings;
    this.#header = header;
    this.#template = template;
    this.jar = jar;
  }

  /** The session, loaded by whoever asks first and the same for everybody. */
  session(): Promise<Session<Data>> {
    return (this.#promise ??= this.#load());
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
      if (this.#promise !== undefined || this.#settings.flask?.refreshEachRequest === true)
        this.#commitSession();
    } finally {
      this.#session?.seal();
      this.jar.seal();
    }
    this.#cookies = this.jar.setCookies();
  }

  /** Whether the response needs headers of ours. False before `commit`. */
  get hasHeaders(): boolean {
    return this.#vary || this.#cookies.length > 0;
  }

  /** Puts what `commit` decided on the response: Set-Cookie, Vary and Cache-Control. */
  writeTo(headers: ResponseHeaders): void {
    const vary = this.#vary ? varyWithCookie(headers.get("Vary")) : undefined;
    if (vary !== undefined) headers.set("Vary", vary);
    for (const cookie of this.#cookies) headers.append("Set-Cookie", cookie);
    // Whatever sets a cookie is for one visitor. Flask leaves that to the application.
    if (this.#cookies.length > 0 && this.#settings.flask === undefined && !headers.get("Cache-Control")) {
      headers.set("Cache-Control", "no-store");
    }
  }

  #commitSession(): void {
    const outcome =
      this.#session === undefined
        ? this.#untouched()
        : this.#session.commit(this.#isReissueDue(), this.#opened?.signedAt);
    // Without a secret key Flask does nothing at all at the end of a request.
    if (this.#settings.rules.beforeWrite !== undefined) return;
    this.#vary = this.#promise !== undefined || outcome.action !== "none";
    if (outcome.action === "write") this.#write(outcome);
    else if (outcome.action === "delete") this.#delete();
  }

  /** Flask makes a permanent session's cookie anew although nobody looked at the session. */
  #untouched(): SessionOutcome {
    if (this.#promise !== undefined) return { action: "none" };
    const opened = this.#open();
    if (opened?.data[RESERVED.permanent] !== true) return { action: "none" };
    return { action: "write", text: opened.json, permanent: true, created: opened.signedAt };
  }

  #isReissueDue(): boolean {
    const { flask, timing } = this.#settings;
    if (flask !== undefined) return flask.refreshEachRequest && this.#session!.permanent;
    if (this.#opened === undefined) return false;
    if (this.#opened.oldKey) return true;
    const age = seconds(timing.clock) - this.#opened.signedAt;
    return timing.idleTimeout !== undefined && age >= timing.idleTimeout / 10;
  }

  #write({ text, permanent, created }: Extract<SessionOutcome, { action: "write" }>): void {
    const { rules, timing, events, flask } = this.#settings;
    const value = rules.codec.seal(text);
    const size = this.#template.name.length + value.length;
    if (size > MAX_COOKIE) throw this.#tooLarge(size);
    const now = seconds(timing.clock);
    const end =
      flask === undefined
        ? Math.min(created + timing.lifetime, now + (timing.idleTimeout ?? Infinity))
        : now + timing.lifetime;
    this.#put(this.#template.set(value, permanent ? end : undefined));
    if (this.#opened === undefined) events.emit("session.created", "A new session was given to a visitor.");
  }

  #delete(): void {
    const { flask, events } = this.#settings;
    // A cookie that the browser does not have needs no deletion; Flask sends one all the same.
    if (flask === undefined && this.#sent().length === 0) return;
    this.#put(this.#template.deletion);
    events.emit("session.ended", "A session's cookie was deleted.");
  }

  #put(header: string): void {
    this.jar.put(this.#template, header);
  }

  #tooLarge(size: number): TooLargeError {
    const largest = this.#session?.largestKeys() ?? [];
    const names = largest.map(([key, bytes]) => `${key} (${bytes} bytes)`).join(", ");
    return new TooLargeError(
      `The session takes ${size} bytes as a cookie, name included; browsers keep ${MAX_COOKIE}. Largest keys: ${names}. Keep less in it, or keep sessions on the server.`,
      size,
      MAX_COOKIE,
      largest,
    );
  }

  #load(): Promise<Session<Data>> {
    const { schema } = this.#settings;
    const opened = this.#open();
    if (schema !== undefined) return this.#loadFitted(schema, opened);
    const { rules, flask } = this.#settings;
    const stored = opened?.data ?? {};
    const hidden = flask === undefined ? takeReserved(stored) : {};
    const data = (
      rules.beforeWrite === undefined ? stored : readOnly(stored, rules.beforeWrite as () => never)
    ) as Data;
    return this.#start(data, hidden, opened, opened?.json ?? "{}");
  }

  async #loadFitted(schema: StandardSchema<Data>, opened: Genuine | undefined): Promise<Session<Data>> {
    const stored = opened?.data ?? {};
    const reserved = this.#settings.flask === undefined ? takeReserved(stored) : {};
    const { data, replaced } = await fit(schema, stored);
    if (replaced !== undefined) {
      this.#settings.events.emit(
        "session.schema",
        `Stored session data does not fit the schema; ${replaced.length === 1 ? "one key" : `${replaced.length} keys`} got the default.`,
      );
    }
    const unknown = Object.entries(stored).filter(
      ([key]) => !Object.hasOwn(data, key) && replaced?.includes(key) !== true,
    );
    return this.#start(data as Data, { ...Object.fromEntries(unknown), ...reserved }, opened, undefined);
  }

  async #start(
    data: Data,
    hidden: Dict,
    opened: Genuine | undefined,
    text: string | undefined,
  ): Promise<Session<Data>> {
    const { rules } = this.#settings;
    this.#session = new Session(rules, {
      data,
      hidden,
      numberTypes: opened?.numberTypes,
      text,
      isNew: opened === undefined,
    });
    if (this.#committed) this.#session.seal();
    return this.#session;
  }

  /** The request's session cookie, if it is good. A bad one is the same as none, and one event. */
  #open(): Genuine | undefined {
    const { flask, rules } = this.#settings;
    if (rules.beforeWrite !== undefined) return undefined;
    const cookies = this.#sent();
    // Flask takes the first of several and looks no further.
    if (flask !== undefined) cookies.length = Math.min(cookies.length, 1);
    const genuine = new Map<string, Genuine>();
    for (const value of cookies) {
      if (genuine.has(value)) continue;
      const opened = this.#openOne(value);
      if (opened !== undefined) genuine.set(value, opened);
    }
    if (genuine.size > 1) {
      this.#settings.events.emit(
        "cookie.duplicate",
        "Two different genuine session cookies of one name came with a request; neither was used.",
      );
      return undefined;
    }
    [this.#opened] = genuine.values();
    return this.#opened;
  }

  #openOne(value: string): Genuine | undefined {
    const { rules, timing, events, flask } = this.#settings;
    const opened = value === "" ? undefined : rules.codec.open(value, timing.idleTimeout ?? timing.lifetime);
    if (opened === undefined) return undefined;
    if (opened.refused !== undefined) {
      events.emit(`token.${opened.refused}`, REFUSALS[opened.refused]);
      return undefined;
    }
    const created = opened.data[RESERVED.created];
    if (
      flask === undefined &&
      typeof created === "number" &&
      seconds(timing.clock) - created > timing.lifetime
    ) {
      events.emit("token.expired", REFUSALS.expired);
      return undefined;
    }
    if (opened.oldKey) events.emit("token.old_key", "A session cookie was signed by a fallback key.");
    return opened;
  }

  /** The values under the session cookie's name that came with the request. */
  #sent(): string[] {
    return findCookies(this.#header, this.#template.name);
  }
}

const REFUSALS = {
  bad_mac: "A session cookie's signature does not match any key.",
  expired: "A session cookie is older than the session may be.",
  future:
    "A session cookie was signed more than five seconds in the future: compare the clocks of the machines.",
  malformed: "A session cookie cannot be read although its signature is right.",
  too_large: "A session cookie is larger than the limit.",
} as const;

const HIDDEN = [
  RESERVED.permanent,
  RESERVED.flashes,
  RESERVED.user,
  RESERVED.created,
  RESERVED.authenticated,
];

/** Moves the session's own keys out of stored data. */
function takeReserved(stored: Dict): Dict {
  const reserved: Dict = {};
  for (const key of HIDDEN) {
    if (!Object.hasOwn(stored, key)) continue;
    reserved[key] = stored[key];
    delete stored[key];
  }
  return reserved;
}

import { seconds } from "../../clock.ts";
import type { FlaskCookie } from "../../codec/index.ts";
import { MAX_COOKIE_BYTES } from "../../cookie/attributes.ts";
import { quoteAscii } from "../../encoding/json-text.ts";
import { TooLargeError } from "../../errors.ts";
import type { Keeping } from "../keeping.ts";
import { openCookie } from "./open-cookie.ts";
import { RESERVED } from "../reserved.ts";
import type { SessionCookie } from "../session-cookie.ts";
import type { Session } from "../session.ts";
import type { Settings } from "../settings.ts";
import { startSession } from "../start.ts";
import type { GenuineCookie } from "../storage.ts";

/** Keeps a session in its cookie. */
export class CookieKeeping<Data extends object> implements Keeping<Data> {
  readonly mayWait = false;
  readonly #settings: Settings<Data>;
  /** Undefined where there is no key: without one Flask does nothing at all at the end of a request. */
  readonly #codec: FlaskCookie | undefined;
  readonly #cookie: SessionCookie;
  /** The good cookie that came with the request, once somebody asked. */
  #opened: GenuineCookie | undefined;

  constructor(settings: Settings<Data>, codec: FlaskCookie | undefined, cookie: SessionCookie) {
    this.#settings = settings;
    this.#codec = codec;
    this.#cookie = cookie;
  }

  load(): Session<Data> | Promise<Session<Data>> {
    this.#open();
    return startSession(this.#settings, this.#opened);
  }

  #open(): void {
    if (this.#codec !== undefined)
      this.#opened = openCookie(this.#settings, this.#codec, this.#cookie.sent());
  }

  commit(session: Session<Data> | undefined, wanted: boolean): boolean {
    if (this.#codec === undefined) return false;
    if (session === undefined) return !wanted && this.#commitUntouched(this.#codec);
    const { text, modified } = session.changes();
    if (!modified && !this.#isReissueDue(session)) return false;
    const { isEmpty } = session;
    if (!isEmpty) this.#write(this.#codec, session.stamp(text, this.#opened?.signedAt), session);
    else if (modified) this.#delete();
    return modified || !isEmpty;
  }

  /** Flask makes a permanent session's cookie anew although nobody looked at the session. */
  #commitUntouched(codec: FlaskCookie): boolean {
    if (this.#settings.flask?.refreshEachRequest !== true) return false;
    this.#open();
    if (this.#opened?.data[RESERVED.permanent] !== true) return false;
    this.#cookie.set(this.#sealed(codec, this.#opened.json, undefined), this.#end(this.#opened.signedAt));
    return true;
  }

  #isReissueDue(session: Session<Data>): boolean {
    const { flask, timing } = this.#settings;
    if (flask !== undefined) return flask.refreshEachRequest && session.permanent;
    if (this.#opened === undefined) return false;
    if (this.#opened.oldKey) return true;
    const age = seconds(timing.clock) - this.#opened.signedAt;
    return timing.idleTimeout !== undefined && age >= timing.idleTimeout / 10;
  }

  #write(codec: FlaskCookie, text: string, session: Session<Data>): void {
    const value = this.#sealed(codec, text, session);
    this.#cookie.set(value, session.permanent ? this.#end(session.createdSeconds) : undefined);
    if (this.#opened === undefined) this.#settings.events.emit("session.created");
  }

  #sealed(codec: FlaskCookie, text: string, session: Session<Data> | undefined): string {
    if (text.length > codec.maxJsonBytes) {
      const what = `is ${text.length} bytes of JSON; no more are read back than`;
      throw tooLarge(what, text.length, codec.maxJsonBytes, session);
    }
    const value = codec.seal(text);
    const size = this.#cookie.name.length + value.length;
    if (size > MAX_COOKIE_BYTES) {
      const what = `takes ${size} bytes as a cookie, name included; browsers keep`;
      throw tooLarge(what, size, MAX_COOKIE_BYTES, session);
    }
    return value;
  }

  /** When a session that is written now will end, in seconds since 1970. */
  #end(created: number): number {
    const { flask, timing } = this.#settings;
    const now = seconds(timing.clock);
    if (flask !== undefined) return now + timing.lifetime;
    return Math.min(created + timing.lifetime, now + (timing.idleTimeout ?? Number.POSITIVE_INFINITY));
  }

  #delete(): void {
    const wasSent = this.#cookie.sent().length > 0;
    if (wasSent) this.#settings.events.emit("session.ended", "A session's cookie was deleted.");
    // A cookie that the browser does not have needs no deletion; Flask sends one all the same.
    if (wasSent || this.#settings.flask !== undefined) this.#cookie.delete();
  }
}

function tooLarge(what: string, size: number, limit: number, session: Session | undefined): TooLargeError {
  const largest = session?.largestKeys() ?? [];
  const names = largest.map(([key, bytes]) => `${printable(key)} (${bytes} bytes)`).join(", ");
  return new TooLargeError(
    `The session ${what} ${limit}. Largest keys: ${names}. Keep less in it, or keep sessions on the server.`,
    size,
    limit,
    largest,
  );
}

/** A key may come from a visitor, and the message may go to a log. */
function printable(key: string): string {
  const short = key.length > 40 ? `${key.slice(0, 40)}…` : key;
  return /^[\w$-]+…?$/.test(short) ? short : quoteAscii(short);
}

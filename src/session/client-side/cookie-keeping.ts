import { seconds } from "../../clock.ts";
import type { CookieCodec } from "../../codec/index.ts";
import { quoteAscii } from "../../encoding/json-text.ts";
import { TooLargeError } from "../../errors.ts";
import type { Found, Keeping } from "../keeping.ts";
import type { CookieAdoption, TakenOver } from "./cookie-adoption.ts";
import type { Gate } from "./gate.ts";
import { openCookie } from "./open-cookie.ts";
import { RESERVED } from "../reserved.ts";
import { withMeta } from "../server-side/record-text.ts";
import type { SessionCookie } from "../session-cookie.ts";
import type { Session } from "../session.ts";
import type { Settings } from "../settings.ts";
import { startSession } from "../start.ts";
import type { ReadData } from "../session-json.ts";
import type { GenuineCookie } from "../storage.ts";

/** Keeps a session in its cookie. */
export class CookieKeeping<Data extends object> implements Keeping<Data> {
  readonly #settings: Settings<Data>;
  /** Undefined where there is no key: without one Flask does nothing at all at the end of a request. */
  readonly #codec: CookieCodec | undefined;
  readonly #cookie: SessionCookie;
  readonly #adoption: CookieAdoption | undefined;
  readonly #gate: Gate<Data> | undefined;
  /** The good cookie that came with the request, once somebody asked. */
  #opened: GenuineCookie | undefined;
  /** Or else the session of another program's that came with it. */
  #taken: TakenOver | undefined;
  /** The record that it came from has just ended, which our cookie does not know yet. */
  #isSettled = false;

  /**
   * @param adoption what takes over sessions of other programs
   * @param gate what knows whether a session has been ended
   */
  constructor(
    settings: Settings<Data>,
    codec: CookieCodec | undefined,
    cookie: SessionCookie,
    adoption: CookieAdoption | undefined,
    gate?: Gate<Data>,
  ) {
    this.#settings = settings;
    this.#codec = codec;
    this.#cookie = cookie;
    this.#adoption = adoption;
    this.#gate = gate;
  }

  get mayWait(): boolean {
    return this.#adoption?.mayWait === true;
  }

  get found(): Found | undefined {
    if (this.#opened === undefined)
      return this.#taken && { created: undefined, used: undefined, oldKey: false };
    const { data, signedAt, oldKey } = this.#opened;
    const created = data[RESERVED.created];
    return { created: typeof created === "number" ? created : undefined, used: signedAt, oldKey };
  }

  load(): Session<Data> | Promise<Session<Data>> {
    this.#open();
    if (this.#gate === undefined || this.#opened === undefined) return this.#begin();
    return this.#gate.admit(this.#opened).then((admitted) => {
      this.#opened = admitted;
      return this.#begin();
    });
  }

  #begin(): Session<Data> | Promise<Session<Data>> {
    if (this.#adoption === undefined) return this.#start(this.#opened);
    return this.#opened === undefined
      ? this.#take(this.#adoption)
      : this.#settle(this.#adoption, this.#opened);
  }

  #open(): void {
    if (this.#codec === undefined) return;
    const values = this.#adoption?.ours(this.#cookie) ?? this.#cookie.sent();
    this.#opened = openCookie(this.#settings, this.#codec, this.#cookie, values);
  }

  /** Where there is no session of ours, there may be another program's. */
  #take(adoption: CookieAdoption): Session<Data> | Promise<Session<Data>> {
    const begin = (taken: TakenOver | undefined): Session<Data> | Promise<Session<Data>> => {
      this.#taken = taken;
      return this.#start(taken?.read);
    };
    const gate = this.#gate;
    const found = adoption.find(this.#cookie);
    const taking =
      gate === undefined || found === undefined
        ? found
        : Promise.resolve(found).then((taken) => taken && gate.receive(taken));
    return taking instanceof Promise ? taking.then(begin) : begin(taking);
  }

  #settle(adoption: CookieAdoption, opened: GenuineCookie): Session<Data> | Promise<Session<Data>> {
    const settling = adoption.settle(opened);
    if (!(settling instanceof Promise)) return this.#start(settling);
    return settling.then((settled) => {
      this.#isSettled = settled !== opened;
      this.#opened = settled;
      return this.#start(settled);
    });
  }

  #start(read: ReadData | undefined): Session<Data> | Promise<Session<Data>> {
    return startSession(this.#settings, read, this.#gate);
  }

  commit(session: Session<Data> | undefined, wanted: boolean): boolean | Promise<boolean> {
    if (this.#codec === undefined) return false;
    if (session === undefined) return !wanted && this.#commitUntouched(this.#codec);
    return this.prepare(session)?.() ?? false;
  }

  /**
   * What {@link commit} is going to do, which may then be done later; undefined where it is nothing.
   *
   * @param renewed values of the session's own that the cookie gets; with them it is written although nothing changed
   * @throws what cannot be stored
   */
  prepare(
    session: Session<Data>,
    renewed?: Readonly<Record<string, unknown>>,
  ): (() => boolean | Promise<boolean>) | undefined {
    const { text, modified } = session.changes();
    const isForced = modified || renewed !== undefined;
    if (this.#codec === undefined || (!isForced && !this.#isReissueDue(session))) return undefined;
    if (session.isEmpty)
      return () => {
        if (isForced || this.#taken !== undefined) this.#delete(session.isForgotten);
        return this.#settleOrigin(true, isForced);
      };
    const stamped = session.stamp(text, this.#opened?.signedAt);
    const value = this.#sealedOrKept(
      this.#codec,
      renewed === undefined ? stamped : withMeta(stamped, renewed),
      session,
      isForced,
    );
    return () => {
      if (value !== undefined) this.#write(value, session);
      return this.#settleOrigin(!session.holds(RESERVED.adopted), true);
    };
  }

  /** Ends the record that a session was taken over from, where it was ended, and perhaps another one begun. */
  #settleOrigin(hasEnded: boolean, depends: boolean): boolean | Promise<boolean> {
    const start: ReadData | undefined = this.#opened ?? this.#taken?.read;
    const ending = hasEnded && start !== undefined ? this.#adoption?.end(start.data) : undefined;
    return ending?.then(() => depends) ?? depends;
  }

  /** Flask makes a permanent session's cookie anew although nobody looked at the session. */
  #commitUntouched(codec: CookieCodec): boolean {
    if (this.#settings.flask?.refreshEachRequest !== true) return false;
    this.#open();
    if (this.#opened?.data[RESERVED.permanent] !== true) return false;
    this.#cookie.set(this.#sealed(codec, this.#opened.json, undefined), this.#end(this.#opened.signedAt));
    return true;
  }

  #isReissueDue(session: Session<Data>): boolean {
    const { flask, timing } = this.#settings;
    if (this.#taken !== undefined || this.#isSettled) return true;
    if (flask !== undefined) return flask.refreshEachRequest && session.permanent;
    if (this.#opened === undefined) return false;
    if (this.#opened.oldKey) return true;
    const age = seconds(timing.clock) - this.#opened.signedAt;
    return timing.idleTimeout !== undefined && age >= timing.idleTimeout / 10;
  }

  #write(value: string, session: Session<Data>): void {
    this.#adoption?.forget(this.#cookie);
    this.#cookie.set(value, session.permanent ? this.#end(session.createdSeconds) : undefined);
    const { events } = this.#settings;
    if (this.#taken !== undefined)
      events.emit("session.adopted", `A session of ${this.#taken.program}'s was taken over.`);
    else if (this.#opened === undefined) events.emit("session.created");
  }

  /** A session of another program's that does not fit into our cookie stays in its own, for as long as nobody changes it. */
  #sealedOrKept(
    codec: CookieCodec,
    text: string,
    session: Session<Data>,
    modified: boolean,
  ): string | undefined {
    try {
      return this.#sealed(codec, text, session);
    } catch (error) {
      if (modified || this.#taken === undefined || !(error instanceof TooLargeError)) throw error;
      this.#settings.events.emit(
        "session.unsaved",
        `A session of ${this.#taken.program}'s is too large for our cookie; it was left where it is.`,
      );
      return undefined;
    }
  }

  #sealed(codec: CookieCodec, text: string, session: Session<Data> | undefined): string {
    if (text.length > codec.maxJsonBytes) {
      const what = `is ${text.length} bytes of JSON; no more are read back than`;
      throw tooLarge(what, text.length, codec.maxJsonBytes, session);
    }
    const value = codec.seal(text, this.#cookie.name);
    const { name, room, max } = this.#cookie;
    const size = name.length + value.length;
    if (size > room) {
      const keeper = max === 1 ? "browsers keep" : `${max} cookies hold`;
      throw tooLarge(`takes ${size} bytes as a cookie, name included; ${keeper}`, size, room, session);
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

  /** @param isForgotten whether also where the browser has sent none */
  #delete(isForgotten: boolean): void {
    const wasSent = this.#cookie.isSent;
    this.#adoption?.forget(this.#cookie);
    if (wasSent && this.#gate === undefined)
      this.#settings.events.emit("session.ended", "A session's cookie was deleted.");
    // A cookie that the browser does not have needs no deletion; Flask sends one all the same.
    if (wasSent || isForgotten || this.#settings.flask !== undefined) this.#cookie.delete();
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

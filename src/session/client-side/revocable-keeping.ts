import type { CookieCodec } from "../../codec/index.ts";
import { GoneError } from "../../errors.ts";
import type { CookieAdoption, TakenOver } from "./cookie-adoption.ts";
import { CookieKeeping } from "./cookie-keeping.ts";
import type { Gate } from "./gate.ts";
import type { Found, Keeping } from "../keeping.ts";
import type { Changes, NewIdentity } from "../live-session.ts";
import { RESERVED } from "../reserved.ts";
import { ownerTag } from "../server-side/session-id.ts";
import { deviceOf } from "../server-side/device.ts";
import { withMeta } from "../server-side/record-text.ts";
import { renamed } from "../server-side/record-writer.ts";
import type { SessionCookie } from "../session-cookie.ts";
import type { Session } from "../session.ts";
import type { Settings } from "../settings.ts";
import { startSession } from "../start.ts";
import type { GenuineCookie } from "../storage.ts";
import { newInnerId } from "./inner-id.ts";
import type { Ticket, Tickets } from "./tickets.ts";

/** Keeps a session in its cookie, and in a store that it lives: so it can be ended for good. */
export class RevocableKeeping<Data extends object> implements Keeping<Data>, Gate<Data> {
  readonly mayWait = true;
  readonly #settings: Settings<Data>;
  readonly #keeping: CookieKeeping<Data>;
  readonly #cookie: SessionCookie;
  readonly #adoption: CookieAdoption | undefined;
  readonly #tickets: Tickets;
  readonly #userAgent: (() => string | undefined) | undefined;
  #ticket: Ticket | undefined;
  /** The browser does not have the ticket's name yet. */
  #isRenewed = false;
  /** The browser may have a session that has ended. */
  #hasEnded = false;

  /**
   * @param adoption what takes over sessions of other programs
   * @param userAgent the request's User-Agent header
   */
  constructor(
    settings: Settings<Data>,
    codec: CookieCodec,
    cookie: SessionCookie,
    adoption: CookieAdoption | undefined,
    tickets: Tickets,
    userAgent: (() => string | undefined) | undefined,
  ) {
    this.#settings = settings;
    this.#keeping = new CookieKeeping(settings, codec, cookie, adoption, this);
    this.#cookie = cookie;
    this.#adoption = adoption;
    this.#tickets = tickets;
    this.#userAgent = userAgent;
  }

  get id(): string | undefined {
    return this.#ticket?.id.key.id;
  }

  get found(): Found | undefined {
    return this.#keeping.found;
  }

  load(): Session<Data> | Promise<Session<Data>> {
    return this.#keeping.load();
  }

  async admit(opened: GenuineCookie): Promise<GenuineCookie | undefined> {
    this.#ticket = await this.#tickets.find(opened.data[RESERVED.sid]);
    return this.#ticket && opened;
  }

  async receive(taken: TakenOver): Promise<TakenOver | undefined> {
    const { read, note } = taken;
    const user = read.data[RESERVED.user];
    this.#ticket = await this.#tickets.issueOnce(note, typeof user === "string" ? ownerTag(user) : undefined);
    if (this.#ticket === undefined) {
      this.#adoption?.forget(this.#cookie);
      return undefined;
    }
    const named = withMeta(read.json, { [RESERVED.sid]: this.#ticket.id.text });
    return { ...taken, read: this.#tickets.texts.parse(named) };
  }

  merge(base: string, ours: string, theirs: string): string {
    return this.#tickets.texts.merge(base, ours, theirs);
  }

  revive(text: string): Session<Data> | Promise<Session<Data>> {
    return startSession(this.#settings, this.#tickets.texts.parse(text));
  }

  async regenerate({ text, modified }: Changes, { user, device, atOnce }: NewIdentity): Promise<string> {
    const before = this.#ticket;
    if (before?.isRetired === true) throw renamed();
    const owner = user === undefined ? undefined : ownerTag(user);
    if (before === undefined && owner === undefined && !modified) return text;
    const { data } = this.#tickets.texts.parse(text);
    // What the application has called the device stays for as long as the user.
    const isKnown = owner !== undefined && owner === before?.id.key.owner;
    const known = isKnown ? this.#tickets.texts.parse(before.known.text).data[RESERVED.device] : undefined;
    const own = {
      [RESERVED.device]: owner && (device ?? known ?? deviceOf(this.#userAgent?.())),
      [RESERVED.series]: data[RESERVED.series],
    };
    const id = newInnerId(owner);
    this.#ticket = await (before === undefined
      ? this.#tickets.issue(id, own)
      : this.#tickets.renew(before, id, own, atOnce));
    if (before !== undefined) this.#settings.events.renewed(before.id.key.id);
    this.#isRenewed = true;
    return withMeta(text, { [RESERVED.sid]: id.text, [RESERVED.created]: this.#ticket.known.created });
  }

  async destroy(): Promise<void> {
    this.#hasEnded = true;
    if (this.#ticket !== undefined) await this.#tickets.end(this.#ticket);
    this.#ticket = undefined;
    this.#isRenewed = false;
  }

  commit(session: Session<Data> | undefined, wanted: boolean): boolean | Promise<boolean> {
    if (session === undefined) return this.#keeping.commit(session, wanted);
    const { settled } = session;
    return settled === undefined ? this.#finish(session) : settled.then(() => this.#finish(session));
  }

  /** Throws at once what is wrong with the data. */
  #finish(session: Session<Data>): boolean | Promise<boolean> {
    const { modified, cleared } = session.changes();
    const ticket = this.#ticket;
    if (ticket === undefined) return this.#finishNew(session, modified);
    if (ticket.isRetired) {
      if (modified) throw renamed();
      return false;
    }
    if (cleared && modified && !session.isEmpty) return this.#replace(ticket, session);
    const write = this.#keeping.prepare(session, this.#isRenewed ? {} : undefined);
    if (write === undefined) return false;
    // Without a cookie there is no session.
    if (session.isEmpty && (modified || this.#isRenewed)) return this.#tickets.end(ticket).then(write);
    return this.#isRenewed ? write() : this.#confirm(ticket, modified, write);
  }

  #finishNew(session: Session<Data>, modified: boolean): boolean | Promise<boolean> {
    if (!modified || session.isEmpty)
      return this.#keeping.prepare(session, this.#hasEnded ? {} : undefined)?.() ?? false;
    const id = newInnerId(undefined);
    const write = this.#keeping.prepare(session, { [RESERVED.sid]: id.text })!;
    return this.#tickets.issue(id, {}, session.createdSeconds).then(write);
  }

  /** What was in a session that was emptied must be worth nothing, also to whoever has a copy of it. */
  async #replace(ticket: Ticket, session: Session<Data>): Promise<boolean> {
    const id = newInnerId(undefined);
    const write = this.#keeping.prepare(session, { [RESERVED.sid]: id.text })!;
    try {
      await this.#tickets.renew(ticket, id, {}, false);
    } catch (error) {
      if (!(error instanceof GoneError)) throw error;
      return this.#gone();
    }
    return write();
  }

  /** Another request may have ended the session: then nothing of this one must reach the browser. */
  async #confirm(
    ticket: Ticket,
    modified: boolean,
    write: () => boolean | Promise<boolean>,
  ): Promise<boolean> {
    const now = await this.#tickets.refresh(ticket);
    if (now === undefined) return modified && this.#gone();
    if (!now.isRetired) return write();
    if (modified) throw renamed();
    return false;
  }

  #gone(): false {
    this.#settings.events.emit("session.gone");
    return false;
  }
}

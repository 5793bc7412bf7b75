import { GoneError } from "../../errors.ts";
import { inTime } from "../change-limit.ts";
import type { Found, Keeping } from "../keeping.ts";
import type { Known } from "../server-side/record-writer.ts";
import type { SessionId } from "../server-side/session-id.ts";
import type { SessionCookie } from "../session-cookie.ts";
import type { Changes, LiveSession } from "../live-session.ts";
import type { Session } from "../session.ts";
import type { Settings } from "../settings.ts";
import { startSession } from "../start.ts";
import type { ReadData } from "../session-json.ts";
import type { FlaskRecords } from "./flask-records.ts";
import { type FlaskSessionIds, publicName } from "./session-ids.ts";

/** Where a session is, and what is known of it. */
interface Place {
  readonly id: SessionId;
  readonly known: Known;
}

/** Keeps a session as Flask-Session does, in its layout and by its rules. */
export class FlaskSessionKeeping<Data extends object> implements Keeping<Data>, LiveSession<Data> {
  readonly mayWait = true;
  readonly #settings: Settings<Data>;
  readonly #records: FlaskRecords;
  readonly #ids: FlaskSessionIds;
  readonly #cookie: SessionCookie;
  #place: Place | undefined;
  /** This request has written the session already, so its cookie goes out. */
  #isWritten = false;
  /** The browser has an ID of a session that has ended. */
  #hasEnded = false;

  constructor(settings: Settings<Data>, records: FlaskRecords, ids: FlaskSessionIds, cookie: SessionCookie) {
    this.#settings = settings;
    this.#records = records;
    this.#ids = ids;
    this.#cookie = cookie;
  }

  get id(): string | undefined {
    return this.#place && publicName(this.#place.id);
  }

  get found(): Found | undefined {
    return this.#place && { created: undefined, used: undefined, oldKey: false };
  }

  load(): Session<Data> | Promise<Session<Data>> {
    // Flask takes the first of several and looks no further.
    const [sent] = this.#cookie.sent();
    if (sent === undefined || sent === "") return this.#start(undefined);
    const id = this.#ids.read(sent);
    if (id === undefined) {
      this.#settings.events.emit("sid.malformed");
      return this.#start(undefined);
    }
    return this.#records.load(id).then((stored) => {
      if (stored) this.#place = { id, known: stored.known };
      else if (stored === undefined) this.#settings.events.emit("sid.unknown");
      return this.#start(stored?.read);
    });
  }

  #start(read: ReadData | undefined): Session<Data> | Promise<Session<Data>> {
    return startSession(this.#settings, read, this);
  }

  merge(base: string, ours: string, theirs: string): string {
    return this.#records.texts.merge(base, ours, theirs);
  }

  revive(text: string): Session<Data> | Promise<Session<Data>> {
    return startSession(this.#settings, this.#records.texts.parse(text));
  }

  async update(changes: Changes, change: (text: string) => Promise<string>): Promise<string> {
    const place = this.#place;
    if (place === undefined) {
      const text = await inTime(change(changes.text));
      return text === changes.base ? text : this.#create(text);
    }
    const apply = this.#records.texts.applying(changes, place.known.text);
    const known = await this.#records.change(place.id, place.known, (newest) => change(apply(newest)));
    return this.#written({ id: place.id, known });
  }

  async regenerate(changes: Changes): Promise<string> {
    const place = this.#place;
    if (place === undefined) return changes.modified ? this.#create(changes.text) : changes.text;
    const id = this.#ids.create();
    const apply = this.#records.texts.applying(changes, place.known.text);
    const known = await this.#records.rename(place.id, place.known, id, apply);
    this.#settings.events.renewed(publicName(place.id));
    return this.#written({ id, known });
  }

  async destroy(): Promise<void> {
    this.#hasEnded ||= this.#cookie.sent().length > 0;
    if (this.#place === undefined) return;
    await this.#records.end(this.#place.id);
    this.#settings.events.ended(publicName(this.#place.id));
    this.#place = undefined;
    this.#isWritten = false;
  }

  commit(session: Session<Data> | undefined): boolean | Promise<boolean> {
    if (session === undefined) return false;
    const { settled } = session;
    return settled === undefined ? this.#finish(session) : settled.then(() => this.#finish(session));
  }

  /** Throws at once what is wrong with the data. */
  #finish(session: Session<Data>): boolean | Promise<boolean> {
    const changes = session.changes();
    const { isEmpty } = session;
    if (isEmpty && (changes.modified || this.#isWritten)) return this.#endEmpty();
    if (changes.modified) return this.#keep(session, changes);
    if (this.#place === undefined || isEmpty) {
      if (this.#hasEnded) this.#cookie.delete();
      return this.#hasEnded;
    }
    if (this.#isWritten) return this.#setCookie(session, this.#place);
    return this.#settings.flask?.refreshEachRequest === true && this.#refresh(session, this.#place);
  }

  /** Python forgets an empty session, and so do we. */
  async #endEmpty(): Promise<boolean> {
    await this.destroy();
    // Flask sends the deletion whether the browser has the cookie or not.
    this.#cookie.delete();
    return true;
  }

  async #keep(session: Session<Data>, changes: Changes): Promise<boolean> {
    const place = this.#place;
    if (place === undefined) {
      await this.#create(changes.text);
      return this.#setCookie(session, this.#place!);
    }
    try {
      const apply = this.#records.texts.applying(changes, place.known.text);
      const known = await this.#records.change(place.id, place.known, apply);
      return this.#setCookie(session, { id: place.id, known });
    } catch (error) {
      if (!(error instanceof GoneError)) throw error;
      this.#settings.events.emit("session.gone");
      return false;
    }
  }

  /** Flask-Session writes the whole record again; we move its end alone, so that nothing is overwritten. */
  async #refresh(session: Session<Data>, place: Place): Promise<boolean> {
    await this.#records.touch(place.id, place.known);
    return session.permanent && this.#setCookie(session, place);
  }

  async #create(text: string): Promise<string> {
    const id = this.#ids.create();
    const known = await this.#records.create(id, text);
    this.#settings.events.emit("session.created");
    return this.#written({ id, known });
  }

  #written(place: Place): string {
    this.#place = place;
    this.#isWritten = true;
    return place.known.text;
  }

  #setCookie(session: Session<Data>, { id }: Place): true {
    const end = this.#records.expiry(new Date(this.#settings.timing.clock.now()));
    this.#cookie.set(id.text, session.permanent ? Math.floor(end.getTime() / 1000) : undefined);
    return true;
  }
}

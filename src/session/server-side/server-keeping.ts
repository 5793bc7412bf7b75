import { seconds } from "../../clock.ts";
import { GoneError } from "../../errors.ts";
import type { Adopted, Adoption } from "./adoption.ts";
import { deviceOf } from "./device.ts";
import { inTime } from "../change-limit.ts";
import type { Found, Keeping } from "../keeping.ts";
import { withMeta } from "./record-text.ts";
import { renamed } from "./record-writer.ts";
import { RESERVED } from "../reserved.ts";
import type { SessionCookie } from "../session-cookie.ts";
import type { CookieCopy } from "./cookie-copies.ts";
import { newSessionId, ownerTag, readSessionId, type SessionId } from "./session-id.ts";
import type { Changes, LiveSession, NewIdentity } from "../live-session.ts";
import type { Session } from "../session.ts";
import type { Settings } from "../settings.ts";
import { startSession } from "../start.ts";
import type { ReadData } from "../session-json.ts";
import type { KnownSession, StoredSessions } from "./stored-sessions.ts";

/** More cookies of the session's name than this come from no honest browser. */
const MAX_CANDIDATES = 4;

/** Where a session is, and what is known of it. */
interface Place {
  readonly id: SessionId;
  readonly known: KnownSession;
  readonly retired: boolean;
}

/** Keeps a session in a store; its cookie holds the ID. */
export class ServerKeeping<Data extends object> implements Keeping<Data>, LiveSession<Data> {
  readonly mayWait = true;
  readonly #settings: Settings<Data>;
  readonly #stored: StoredSessions;
  readonly #cookie: SessionCookie;
  readonly #userAgent: (() => string | undefined) | undefined;
  readonly #adoption: Adoption | undefined;
  readonly #copy: CookieCopy | undefined;
  #place: Place | undefined;
  #user: string | undefined;
  #wasPermanent = false;
  /** When the store was asked for what is known, in milliseconds since 1970. */
  #asked = 0;
  /** The browser does not have the ID yet. */
  #isRenewed = false;
  /** The browser has an ID of a session that has ended. */
  #hasEnded = false;

  /**
   * @param userAgent the request's User-Agent header
   * @param adoption what takes over sessions of other programs
   * @param copy where the browser has a copy of the session
   */
  constructor(
    settings: Settings<Data>,
    stored: StoredSessions,
    cookie: SessionCookie,
    userAgent: (() => string | undefined) | undefined,
    adoption: Adoption | undefined,
    copy: CookieCopy | undefined,
  ) {
    this.#settings = settings;
    this.#stored = stored;
    this.#cookie = cookie;
    this.#userAgent = userAgent;
    this.#adoption = adoption;
    this.#copy = copy;
  }

  get id(): string | undefined {
    return this.#place?.id.key.id;
  }

  get found(): Found | undefined {
    if (this.#place === undefined) return undefined;
    const { created, seen } = this.#place.known;
    return { created, used: Math.floor(seen.getTime() / 1000), oldKey: false };
  }

  load(): Session<Data> | Promise<Session<Data>> {
    const sent = [...new Set(this.#cookie.sent())];
    const ids = sent.flatMap((value) => readSessionId(value) ?? []);
    const isMalformed = (value: string): boolean =>
      readSessionId(value) === undefined && this.#adoption?.isForeign(this.#cookie, value) !== true;
    if (ids.length < sent.length && sent.some(isMalformed)) this.#settings.events.emit("sid.malformed");
    if (ids.length === 0 || ids.length > MAX_CANDIDATES) return this.#adopt();
    return this.#find(ids);
  }

  /** Where there is no session of ours, there may be another program's. */
  #adopt(): Session<Data> | Promise<Session<Data>> {
    const adopting = this.#adoption?.find(this.#cookie);
    if (adopting === undefined) return this.#start(undefined);
    return adopting.then((adopted) => {
      this.#isRenewed = adopted?.session.retired === false;
      return this.#begin(adopted);
    });
  }

  async #find(ids: readonly SessionId[]): Promise<Session<Data>> {
    const found: Adopted[] = [];
    for (const id of ids) {
      const copy = this.#copy?.read(id);
      const asked = copy?.asked ?? this.#now();
      const session = copy?.session ?? (await this.#stored.load(id));
      if (session === undefined) continue;
      found.push({ id, session });
      this.#asked = asked;
    }
    if (found.length > 1) {
      this.#settings.events.emit("cookie.duplicate");
      return this.#start(undefined);
    }
    return found[0] === undefined ? this.#adopt() : this.#begin(found[0]);
  }

  #begin(found: Adopted | undefined): Session<Data> | Promise<Session<Data>> {
    if (found === undefined) return this.#start(undefined);
    const { known, retired, read } = found.session;
    this.#place = { id: found.id, known, retired };
    const user = read.data[RESERVED.user];
    this.#user = typeof user === "string" ? user : undefined;
    this.#wasPermanent = read.data[RESERVED.permanent] === true;
    return this.#start(read);
  }

  #start(read: ReadData | undefined): Session<Data> | Promise<Session<Data>> {
    return startSession(this.#settings, read, this);
  }

  merge(base: string, ours: string, theirs: string): string {
    return this.#stored.texts.merge(base, ours, theirs);
  }

  revive(text: string): Session<Data> | Promise<Session<Data>> {
    return startSession(this.#settings, this.#stored.texts.parse(text));
  }

  async update(changes: Changes, change: (text: string) => Promise<string>): Promise<string> {
    if (this.#place === undefined) {
      const text = await inTime(change(changes.text));
      return text === changes.base ? text : this.#create(text, undefined);
    }
    const place = this.#writable(this.#place);
    const apply = this.#stored.texts.applying(changes, place.known.text);
    const { text } = await this.#change(place, (newest) => change(apply(newest)));
    return text;
  }

  async regenerate(changes: Changes, { user, device, atOnce, provisional }: NewIdentity): Promise<string> {
    const owner = user === undefined ? undefined : ownerTag(user);
    // What the application has called the device stays for as long as the user.
    const isKnown = user !== undefined && user === this.#user && device === undefined;
    const meta = isKnown ? {} : { [RESERVED.device]: owner && (device ?? deviceOf(this.#userAgent?.())) };
    if (this.#place === undefined) {
      if (owner === undefined && !changes.modified) return changes.text;
      await this.#create(withMeta(changes.text, meta), owner);
    } else {
      const place = this.#writable(this.#place);
      const next = newSessionId(owner);
      const apply = this.#stored.texts.applying(changes, place.known.text);
      const change = (newest: string): string => withMeta(apply(newest), meta);
      const keepData = !atOnce && (this.#user === undefined || this.#user === user);
      this.#asked = this.#now();
      const known = await this.#stored.rename(place.id, place.known, next, change, keepData);
      this.#place = { id: next, known, retired: false };
      this.#isRenewed = true;
      this.#settings.events.renewed(place.id.key.id);
    }
    this.#user = user;
    if (!provisional) await this.stay();
    return this.#place!.known.text;
  }

  async stay(): Promise<void> {
    await this.#stored.limit(this.#place!.id.key);
  }

  async destroy(): Promise<void> {
    this.#hasEnded ||= this.#cookie.sent().length > 0;
    if (this.#place !== undefined) await this.#stored.end(this.#place.id.key);
    this.#adoption?.forget(this.#cookie);
    this.#place = undefined;
    this.#user = undefined;
    this.#isRenewed = false;
    this.#wasPermanent = false;
  }

  commit(session: Session<Data> | undefined): boolean | Promise<boolean> {
    if (session === undefined) return false;
    const { settled } = session;
    return settled === undefined ? this.#finish(session) : settled.then(() => this.#finish(session));
  }

  /** Throws at once what is wrong with the data. */
  #finish(session: Session<Data>): boolean | Promise<boolean> {
    const changes = session.changes();
    if (this.#place === undefined) {
      if (changes.modified && !session.isEmpty) return this.#keepNew(session, changes);
      if (this.#hasEnded) this.#cookie.delete();
      return this.#copy?.delete() === true || this.#hasEnded;
    }
    if (this.#place.retired) {
      if (changes.modified) throw renamed();
      return false;
    }
    if (changes.modified) return this.#keep(this.#place, session, changes);
    const { id, known } = this.#place;
    const isDue = this.#stored.isTouchDue(known);
    const refreshed = isDue && !this.#isRenewed ? this.#stored.touch(id, known) : undefined;
    if (isDue) this.#place = { ...this.#place, known: { ...known, seen: new Date(this.#now()) } };
    const isSet = this.#setCookies(session);
    return refreshed === undefined ? isSet : refreshed.then(() => isSet);
  }

  async #keepNew(session: Session<Data>, { text }: Changes): Promise<boolean> {
    await this.#create(session.stamp(text, undefined), undefined);
    return this.#setCookies(session);
  }

  #keep(place: Place, session: Session<Data>, changes: Changes): Promise<boolean> {
    const apply = this.#stored.texts.applying(changes, place.known.text);
    return this.#change(place, apply).then(
      () => this.#setCookies(session),
      (error: unknown) => {
        if (!(error instanceof GoneError)) throw error;
        this.#settings.events.emit("session.gone");
        return false;
      },
    );
  }

  /** What the store has been asked for nothing is no newer than before. */
  #change(place: Place, change: (text: string) => string | Promise<string>): Promise<KnownSession> {
    const asked = this.#now();
    return this.#stored.change(place.id, place.known, change).then((known) => {
      if (known.version !== place.known.version) this.#asked = asked;
      this.#place = { ...place, known };
      return known;
    });
  }

  async #create(text: string, owner: string | undefined): Promise<string> {
    const now = seconds(this.#settings.timing.clock);
    const id = newSessionId(owner);
    this.#asked = this.#now();
    const known = await this.#stored.create(id, withMeta(text, { [RESERVED.created]: now }), now);
    this.#place = { id, known, retired: false };
    this.#isRenewed = true;
    this.#settings.events.emit("session.created");
    return known.text;
  }

  #setCookies(session: Session<Data>): boolean {
    const { id, known } = this.#place!;
    const isNamed = this.#setId(session.permanent, this.#place!);
    return this.#copy?.write(id, known, this.#asked) === true || isNamed;
  }

  /**
   * Only what makes the ID, or makes it permanent, sends it: the answer of a request that only reads may come after that of a login, whose ID must
   * stay. So the date is the one on which the session ends however much it is used; the stored times say when it ends before.
   */
  #setId(permanent: boolean, { id, known }: Place): boolean {
    if (!this.#isRenewed && permanent === this.#wasPermanent) return false;
    this.#adoption?.forget(this.#cookie);
    this.#cookie.set(id.text, permanent ? known.created + this.#settings.timing.lifetime : undefined);
    return true;
  }

  #now(): number {
    return this.#settings.timing.clock.now();
  }

  #writable(place: Place): Place {
    if (place.retired) throw renamed();
    return place;
  }
}

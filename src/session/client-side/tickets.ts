import { seconds } from "../../clock.ts";
import type { AdoptionNote } from "../adoption-note.ts";
import type { Events } from "../events.ts";
import type { Timing } from "../timing.ts";
import { RESERVED } from "../reserved.ts";
import { isClosed, withMeta } from "../server-side/record-text.ts";
import type { SessionId } from "../server-side/session-id.ts";
import type { KnownSession, StoredSession, StoredSessions } from "../server-side/stored-sessions.ts";
import type { SessionTexts } from "../session-texts.ts";
import { newInnerId, readInnerId } from "./inner-id.ts";

/** What a store has of a session that is in its cookie: that it lives, since when, and whose it is. */
export interface Ticket {
  readonly id: SessionId;
  readonly known: KnownSession;
  /** The session has got a new name: under this one it can be read for a little while, and no more. */
  readonly isRetired: boolean;
}

type Own = Readonly<Record<string, unknown>>;

/** What a ticket says of a login. */
const NOBODYS: Own = { [RESERVED.device]: undefined, [RESERVED.series]: undefined };

/**
 * The tickets of sessions in cookies: records like those of sessions in a store, without the data. Ending a session deletes its ticket, and a
 * cookie without a ticket is no session. So a store that has lost everything lets nobody in.
 */
export class Tickets {
  readonly #stored: StoredSessions;
  readonly #timing: Timing;
  readonly #events: Events;

  constructor(stored: StoredSessions, timing: Timing, events: Events) {
    this.#stored = stored;
    this.#timing = timing;
    this.#events = events;
  }

  get texts(): SessionTexts {
    return this.#stored.texts;
  }

  /** The ticket of the session that a cookie calls by this name, if it lives. @throws StoreError */
  async find(name: unknown): Promise<Ticket | undefined> {
    const id = readInnerId(name);
    if (id === undefined) {
      this.#events.emit("sid.malformed");
      return undefined;
    }
    return ticketOf(id, await this.#stored.load(id));
  }

  /**
   * Makes the ticket of a new session.
   *
   * @param created seconds since 1970
   * @throws StoreError
   */
  async issue(id: SessionId, own: Own, created: number = seconds(this.#timing.clock)): Promise<Ticket> {
    const text = withMeta("{}", { ...own, [RESERVED.created]: created });
    return { id, known: await this.#stored.create(id, text, created), isRetired: false };
  }

  /**
   * The ticket of a session of another program's: the same one for all requests that bring its old cookie. Undefined where it has ended.
   *
   * @throws StoreError
   */
  async issueOnce({ name, expires }: AdoptionNote, owner: string | undefined): Promise<Ticket | undefined> {
    const noted = await this.#noted(name);
    if (noted !== undefined) return noted.ticket;
    const id = newInnerId(owner);
    const ticket = await this.issue(id, {});
    const note = withMeta("{}", { [RESERVED.sid]: id.text });
    if (await this.#stored.notes.create(name, note, expires)) return ticket;
    await this.#stored.drop(id);
    return (await this.#noted(name))?.ticket;
  }

  async #noted(name: string): Promise<{ ticket: Ticket | undefined } | undefined> {
    const text = await this.#stored.notes.read(name);
    const id = text === undefined ? undefined : readInnerId(this.texts.parse(text).data[RESERVED.sid]);
    return id && { ticket: ticketOf(id, await this.#stored.peek(id)) };
  }

  /**
   * Gives the session a new name; whoever has the old one can write no more.
   *
   * @param atOnce whether they can read no more either
   * @throws GoneError | StoreError
   */
  async renew({ id, known }: Ticket, next: SessionId, own: Own, atOnce: boolean): Promise<Ticket> {
    const { owner } = id.key;
    const keepData = !atOnce && (owner === undefined || owner === next.key.owner);
    const change = (text: string): string => withMeta(text, { ...NOBODYS, ...own });
    return {
      id: next,
      known: await this.#stored.rename(id, known, next, change, keepData),
      isRetired: false,
    };
  }

  /** What has become of a ticket since, and that it was used. @throws StoreError */
  async refresh({ id }: Ticket): Promise<Ticket | undefined> {
    const ticket = ticketOf(id, await this.#stored.peek(id));
    if (ticket?.isRetired === false && this.#stored.isTouchDue(ticket.known))
      await this.#stored.touch(id, ticket.known);
    return ticket;
  }

  /** Ends the session for good, under all names that it had a moment ago or got in the meantime. @throws StoreError */
  async end({ id }: Ticket): Promise<void> {
    await this.#stored.end(id.key);
  }
}

function ticketOf(id: SessionId, found: StoredSession | undefined): Ticket | undefined {
  if (found === undefined || isClosed(found.known.text)) return undefined;
  return { id, known: found.known, isRetired: found.retired };
}

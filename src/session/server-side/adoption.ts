import { seconds } from "../../clock.ts";
import type { TaggedJson } from "../../codec/index.ts";
import { digestText } from "../../crypto/digest.ts";
import { randomBytes } from "../../crypto/random.ts";
import { encodeBase64url } from "../../encoding/base64url.ts";
import type { AcceptedSession } from "../accepted-format.ts";
import type { AcceptedFormats, FoundSession } from "../accepted-formats.ts";
import { adoptionName, adoptionNote } from "../adoption-note.ts";
import type { Events } from "../events.ts";
import { holdsAnything, keepableText } from "../keepable.ts";
import type { Timing } from "../timing.ts";
import { RESERVED } from "../reserved.ts";
import type { SessionCookie } from "../session-cookie.ts";
import { withMeta } from "./record-text.ts";
import { ownerTag, readSessionId, type SessionId } from "./session-id.ts";
import type { StoredSession, StoredSessions } from "./stored-sessions.ts";

/** Random bytes that make the new ID, with the old cookie. */
const SALT_BYTES = 16;

/** A session that was taken over, under the ID that it has from now on. */
export interface Adopted {
  readonly id: SessionId;
  readonly session: StoredSession;
}

/** Where a session went: together with the old cookie it gives the new ID, and alone it gives nothing. */
interface Whereabouts {
  readonly salt: string;
  /** The tag of its user, or null. */
  readonly owner: string | null;
}

/** A session that is still where the other program has put it. */
interface StillThere extends FoundSession {
  readonly note: string;
  readonly accepted: AcceptedSession;
  readonly where?: undefined;
}

/** Or one that an earlier request has moved. */
type Seen = StillThere | (FoundSession & { readonly where: Whereabouts });

/**
 * Takes sessions over that another program made. A note in the store says where each one went, so that parallel requests with the old
 * cookie come to one session, and so does a browser that never got the answer with the new one. The note outlives the session: once it was
 * ended here, the old cookie leads nowhere.
 */
export class Adoption {
  readonly #formats: AcceptedFormats;
  readonly #stored: StoredSessions;
  readonly #json: TaggedJson;
  readonly #timing: Timing;
  readonly #events: Events;

  constructor(
    formats: AcceptedFormats,
    stored: StoredSessions,
    json: TaggedJson,
    timing: Timing,
    events: Events,
  ) {
    this.#formats = formats;
    this.#stored = stored;
    this.#json = json;
    this.#timing = timing;
    this.#events = events;
  }

  /** Whether a value of our cookie's name is another program's. */
  isForeign(cookie: SessionCookie, value: string): boolean {
    return this.#formats.isForeign(cookie, value);
  }

  /** The session behind a cookie of an accepted format, if there is one; undefined at once where there is no such cookie. */
  find(cookie: SessionCookie): Promise<Adopted | undefined> | undefined {
    const found = this.#formats.find(cookie);
    if (found.length === 0) return undefined;
    return this.#formats
      .only(found, (one) => this.#look(one))
      .then((seen) => seen && this.#adopt(seen, cookie));
  }

  /** Makes the browser forget the old cookies. */
  forget(cookie: SessionCookie): void {
    this.#formats.forget(cookie);
  }

  /** Changes nothing yet. */
  async #look(found: FoundSession): Promise<Seen | undefined> {
    const note = adoptionName(found.format, found.claim.origin);
    const where = await this.#whereabouts(note);
    if (where !== undefined) return { ...found, where };
    const accepted = await found.claim.read();
    if (accepted) return holdsAnything(accepted) ? { ...found, note, accepted } : undefined;
    // Another request may have moved it since: it notes that down before it ends the record.
    const since = await this.#whereabouts(note);
    if (since !== undefined) return { ...found, where: since };
    if (accepted === undefined) this.#events.emit("sid.unknown");
    return undefined;
  }

  async #adopt(seen: Seen, cookie: SessionCookie): Promise<Adopted | undefined> {
    const { format, text, claim } = seen;
    const where = seen.where ?? (await this.#move(seen));
    if (where === undefined) return undefined;
    // Before the answer: nothing may bring the session back once it was ended here.
    await format.end?.(claim.origin);
    const id = adoptedId(text, where);
    const session = await this.#stored.peek(id);
    if (session !== undefined) return { id, session };
    this.#formats.forget(cookie);
    return undefined;
  }

  /** Where an earlier request has taken the session; it may have ended there since. */
  async #whereabouts(note: string): Promise<Whereabouts | undefined> {
    const text = await this.#stored.notes.read(note);
    return text === undefined ? undefined : (JSON.parse(text) as Whereabouts);
  }

  /** The session is made under an ID of this request's own; whoever is the first to note it down has moved it. */
  async #move({ format, text, claim, note, accepted }: StillThere): Promise<Whereabouts | undefined> {
    const user = accepted.data[RESERVED.user];
    const owner = typeof user === "string" && user !== "" ? ownerTag(user) : null;
    const where = { salt: encodeBase64url(randomBytes(SALT_BYTES)), owner };
    const id = adoptedId(text, where);
    const created = seconds(this.#timing.clock);
    const kept = keepableText(this.#json, accepted, this.#events);
    await this.#stored.create(id, withMeta(kept, { [RESERVED.created]: created }), created);
    const { expires } = adoptionNote(format, claim, accepted, this.#timing);
    if (await this.#stored.notes.create(note, JSON.stringify(where), expires)) {
      this.#events.emit("session.adopted", `A session of ${format.program}'s was taken over.`);
      return where;
    }
    await this.#stored.drop(id);
    return this.#whereabouts(note);
  }
}

/** The ID that follows from the cookie of another program, and from nothing less. */
function adoptedId(text: string, { salt, owner }: Whereabouts): SessionId {
  const secret = digestText("sha256", Buffer.from(`hipflask adopted ${salt} ${text}`, "utf8"), "base64url");
  return readSessionId(owner === null ? secret : `${secret}.${owner}`)!;
}

import { seconds } from "../../clock.ts";
import type { CookieCodec, Dict } from "../../codec/index.ts";
import { withoutLabel } from "../../cookie/chunks.ts";
import { StoreError } from "../../errors.ts";
import type { AcceptedSession, OpenAcceptedFormat } from "../accepted-format.ts";
import { type AdoptionNote, adoptionNote } from "../adoption-note.ts";
import { AcceptedFormats, type FoundSession } from "../accepted-formats.ts";
import type { Events } from "../events.ts";
import { holdsAnything, keepableText } from "../keepable.ts";
import type { Timing } from "../timing.ts";
import { RESERVED } from "../reserved.ts";
import type { SessionCookie } from "../session-cookie.ts";
import type { ReadData } from "../session-json.ts";
import type { GenuineCookie } from "../storage.ts";

/** Seconds after which no request with the old cookie is under way any more. */
const SETTLED = 60;

/** A session that is taken over with this response. */
export interface TakenOver {
  readonly read: ReadData;
  readonly program: string;
  /** What stands for it, however often its old cookie comes. */
  readonly note: AdoptionNote;
}

/**
 * Takes sessions over that another program made, into our cookie. Where the other program keeps them in a store, its record stays for as
 * long as somebody may need it: the browser may not get our answer, and parallel requests still bring the old cookie. A note in our cookie
 * says where it is. It ends with the session, or with the first request that brings our cookie a minute later.
 */
export class CookieAdoption {
  readonly #formats: AcceptedFormats;
  readonly #codec: CookieCodec;
  readonly #timing: Timing;
  readonly #events: Events;

  constructor(formats: readonly OpenAcceptedFormat[], codec: CookieCodec, timing: Timing, events: Events) {
    this.#formats = new AcceptedFormats(formats, events, (value) => codec.hasForm(withoutLabel(value)));
    this.#codec = codec;
    this.#timing = timing;
    this.#events = events;
  }

  /** Whether there may be a store to wait for. */
  get mayWait(): boolean {
    return this.#formats.haveStores;
  }

  /** Those of the values of our cookie's name that are not another program's. */
  ours(cookie: SessionCookie): string[] {
    return cookie.sent().filter((value) => !this.#formats.isForeign(cookie, value));
  }

  /** The session behind a cookie of an accepted format, if there is one. @throws StoreError */
  find(cookie: SessionCookie): TakenOver | Promise<TakenOver | undefined> | undefined {
    const found = this.#formats.find(cookie);
    return found.length > 1
      ? this.#formats.only(found, (one) => this.#read(one))
      : found[0] && this.#read(found[0]);
  }

  #read(found: FoundSession): TakenOver | Promise<TakenOver | undefined> | undefined {
    const accepted = found.claim.read();
    if (!(accepted instanceof Promise)) return this.#take(found, accepted);
    return accepted.then((session) => {
      if (session === undefined) this.#events.emit("sid.unknown");
      return session ? this.#take(found, session) : undefined;
    });
  }

  #take({ format, claim }: FoundSession, session: AcceptedSession): TakenOver | undefined {
    if (!holdsAnything(session)) return undefined;
    const note = format.end && {
      [RESERVED.adopted]: [format.cookies[0].name, claim.origin, seconds(this.#timing.clock)],
    };
    const data: Dict = { ...session.data, ...note };
    const { numberTypes } = session;
    const json = keepableText(this.#codec, { data, numberTypes }, this.#events);
    const taken = { data, numberTypes, json };
    return { read: taken, program: format.program, note: adoptionNote(format, claim, session, this.#timing) };
  }

  /** Ends the record that a session in our cookie came from, where nobody can need it any more. */
  settle(opened: GenuineCookie): GenuineCookie | Promise<GenuineCookie> {
    const note = noteOf(opened.data);
    if (note === undefined || seconds(this.#timing.clock) - note.since < SETTLED) return opened;
    const { [RESERVED.adopted]: _, ...data } = opened.data;
    return this.#formats.end(note.name, note.origin).then(
      () => ({ ...opened, data, json: this.#codec.stringify(data, opened.numberTypes) }),
      (error: unknown) => {
        // There is time for it: the next request comes here again.
        if (error instanceof StoreError) return opened;
        throw error;
      },
    );
  }

  /** Ends the record that a session came from, if there is one. @throws StoreError */
  end(data: Dict): Promise<void> | undefined {
    const note = noteOf(data);
    return note && this.#formats.end(note.name, note.origin);
  }

  /** Makes the browser forget the old cookies. */
  forget(cookie: SessionCookie): void {
    this.#formats.forget(cookie);
  }
}

interface Note {
  /** The old cookie's. */
  readonly name: string;
  readonly origin: string;
  /** Seconds since 1970. */
  readonly since: number;
}

function noteOf(data: Dict): Note | undefined {
  const note = Object.hasOwn(data, RESERVED.adopted) ? data[RESERVED.adopted] : undefined;
  if (!Array.isArray(note)) return undefined;
  const [name, origin, since] = note as [string, string, number];
  return { name, origin, since };
}

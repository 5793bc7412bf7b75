import { seconds } from "../../clock.ts";
import type { Dict, TaggedJson } from "../../codec/index.ts";
import { digestText } from "../../crypto/digest.ts";
import { DataError, StoreError } from "../../errors.ts";
import type { AcceptedSession, OpenAcceptedFormat } from "../accepted-format.ts";
import type { Events } from "../events.ts";
import type { Timing } from "../options.ts";
import { RESERVED } from "../reserved.ts";
import { withMeta } from "./record-text.ts";
import type { SessionCookie } from "../session-cookie.ts";
import { ownerTag, readSessionId, type SessionId } from "./session-id.ts";
import type { StoredSession, StoredSessions } from "./stored-sessions.ts";

/** In the record that says where a visitor's session has gone: the tag of its user, or null. */
const OWNER = "_owner";

/** A session that was taken over, under the ID that it has from now on. */
export interface Adopted {
  readonly id: SessionId;
  readonly session: StoredSession;
}

/**
 * Takes sessions over that another program made. The new ID follows from the old cookie, so that parallel requests with the old
 * cookie come to one session, and so does a browser that never got the answer with the new one.
 */
export class Adoption {
  readonly #formats: readonly OpenAcceptedFormat[];
  readonly #stored: StoredSessions;
  readonly #json: TaggedJson;
  readonly #timing: Timing;
  readonly #events: Events;

  constructor(
    formats: readonly OpenAcceptedFormat[],
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

  /** The session behind a cookie of an accepted format, if there is one; undefined at once where there is no such cookie. */
  find(cookie: SessionCookie): Promise<Adopted | undefined> | undefined {
    for (const format of this.#formats) {
      const [value] = cookie.sentAs(format.cookie.name);
      if (value !== undefined && value !== "" && format.matches(value))
        return this.#adopt(format, value, cookie);
    }
    return undefined;
  }

  async #adopt(
    format: OpenAcceptedFormat,
    value: string,
    cookie: SessionCookie,
  ): Promise<Adopted | undefined> {
    const id = (await this.#movedTo(value)) ?? (await this.#move(format, value));
    if (id === undefined) return undefined;
    // Before the answer: nothing may bring the session back once it was ended here.
    await format.end(value);
    cookie.forget(format.cookie);
    const session = await this.#stored.peek(id);
    return session && { id, session };
  }

  /** Where an earlier request has taken the session; it may have ended there since. */
  async #movedTo(value: string): Promise<SessionId | undefined> {
    const first = adoptedId(value, undefined);
    const there = await this.#stored.peek(first);
    if (there === undefined) return undefined;
    const owner = there.read.data[OWNER];
    return typeof owner === "string" ? adoptedId(value, owner) : first;
  }

  async #move(format: OpenAcceptedFormat, value: string): Promise<SessionId | undefined> {
    const accepted = await format.load(value);
    if (accepted === undefined) return undefined;
    const user = accepted.data[RESERVED.user];
    const owner = typeof user === "string" && user !== "" ? ownerTag(user) : undefined;
    const id = adoptedId(value, owner);
    await this.#create(id, this.#text(accepted));
    if (owner !== undefined)
      await this.#create(adoptedId(value, undefined), this.#json.stringify({ [OWNER]: owner }));
    this.#events.emit("session.adopted", "A session of another program's was taken over.");
    return id;
  }

  /** Another request may have come first. */
  async #create(id: SessionId, text: string): Promise<void> {
    const created = seconds(this.#timing.clock);
    try {
      await this.#stored.create(id, withMeta(text, { [RESERVED.created]: created }), created);
    } catch (error) {
      if (!(error instanceof StoreError && error.code === "CONFLICT")) throw error;
    }
  }

  /** What cannot be held here is left out, rather than the whole session. */
  #text({ data, numberTypes }: AcceptedSession): string {
    try {
      return this.#json.stringify(data, numberTypes);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
    }
    const kept: Dict = Object.fromEntries(Object.entries(data).filter((entry) => this.#fits(entry)));
    this.#events.emit(
      "session.schema",
      "A session of another program's holds what this storage cannot keep; those keys were left out.",
    );
    return this.#json.stringify(kept, numberTypes);
  }

  #fits([key, value]: [string, unknown]): boolean {
    try {
      this.#json.stringify({ [key]: value });
      return true;
    } catch (error) {
      if (error instanceof DataError) return error.code === "UNREPRESENTABLE";
      throw error;
    }
  }
}

/** The ID that follows from the cookie of another program, and from nothing less. */
function adoptedId(value: string, owner: string | undefined): SessionId {
  const secret = digestText("sha256", Buffer.from(`hipflask adopted ${value}`, "utf8"), "base64url");
  return readSessionId(owner === undefined ? secret : `${secret}.${owner}`)!;
}

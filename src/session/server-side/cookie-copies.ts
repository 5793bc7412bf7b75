import type { EncryptedCookie } from "../../codec/index.ts";
import { decodeBase64url, encodeBase64url } from "../../encoding/base64url.ts";
import type { Events } from "../events.ts";
import { RESERVED } from "../reserved.ts";
import type { SessionCookie } from "../session-cookie.ts";
import type { SessionTexts } from "../session-texts.ts";
import type { Version } from "../store.ts";
import type { Timing } from "../timing.ts";
import { withMeta } from "./record-text.ts";
import type { SessionId } from "./session-id.ts";
import type { KnownSession, StoredSession } from "./stored-sessions.ts";

/** What is put behind the session cookie's name. */
export const COPY_SUFFIX = ".copy";
/** More cookies of a copy's name than this come from no honest browser. */
const MAX_CANDIDATES = 4;

/** What stands in a copy: its version, and in milliseconds since 1970 when the session was seen and the store asked. */
type Noted = [version: string, seen: number, asked: number];

/** What the store has said, and when it was asked, in milliseconds since 1970. */
interface StoredCopy {
  readonly session: StoredSession;
  readonly asked: number;
}

/**
 * Copies of stored sessions, encrypted, while they are small. Each is in a cookie beside the one with the ID, so that an answer which comes late
 * brings back no ID that a login or a logout has ended: a copy is good only together with the ID for which it was made.
 */
export class CookieCopies {
  readonly #codec: EncryptedCookie;
  readonly #texts: SessionTexts;
  readonly #timing: Timing;
  readonly #events: Events;
  readonly #maxAge: number;
  readonly #above: number;

  /**
   * @param maxAge seconds for which a copy is good
   * @param above the most bytes of JSON that are copied
   */
  constructor(
    codec: EncryptedCookie,
    texts: SessionTexts,
    timing: Timing,
    events: Events,
    maxAge: number,
    above: number,
  ) {
    this.#codec = codec;
    this.#texts = texts;
    this.#timing = timing;
    this.#events = events;
    this.#maxAge = maxAge;
    this.#above = above;
  }

  /** The copy of one request, whose session's ID is in `cookie`. */
  beside(cookie: SessionCookie): CookieCopy {
    return new CookieCopy(this, cookie.companion(COPY_SUFFIX));
  }

  /** Undefined for what is no copy of this session, and for one that is too old. */
  open(value: string, { text }: SessionId, name: string): StoredCopy | undefined {
    const opened = this.#codec.open(value, undefined, `${name} ${text}`);
    if (opened.refused !== undefined) return undefined;
    if (opened.oldKey) {
      this.#events.emit("token.old_key", "A copy of a session was made with a fallback key.");
      return undefined;
    }
    return this.#read(opened.json, opened.data[RESERVED.copy] as Noted);
  }

  #read(json: string, [version, seen, asked]: Noted): StoredCopy | undefined {
    const now = this.#timing.clock.now();
    // A clock that was put back makes nothing last longer.
    if (now < asked || now >= asked + this.#maxAge * 1000) return undefined;
    const text = withMeta(json, { [RESERVED.copy]: undefined });
    const read = this.#texts.parse(text);
    const created = read.data[RESERVED.created] as number;
    if (now >= (created + this.#timing.lifetime) * 1000) return undefined;
    const known = { text, version: readVersion(version), created, seen: new Date(seen) };
    return { session: { read, known, retired: false, keyAge: undefined }, asked };
  }

  /** Undefined where the session is too large. */
  seal(
    id: SessionId,
    { text, version, seen }: KnownSession,
    asked: number,
    name: string,
  ): string | undefined {
    if (text.length > this.#above) return undefined;
    const noted: Noted = [writeVersion(version), seen.getTime(), asked];
    return this.#codec.seal(withMeta(text, { [RESERVED.copy]: noted }), `${name} ${id.text}`);
  }
}

/** The copy that one request came with, and the one that its response leaves. */
export class CookieCopy {
  readonly #copies: CookieCopies;
  readonly #cookie: SessionCookie;
  #known: KnownSession | undefined;

  constructor(copies: CookieCopies, cookie: SessionCookie) {
    this.#copies = copies;
    this.#cookie = cookie;
  }

  /** What the copy of this session says; undefined where the store has to be asked. */
  read(id: SessionId): StoredCopy | undefined {
    for (const value of this.#cookie.sent().slice(0, MAX_CANDIDATES)) {
      const copy = this.#copies.open(value, id, this.#cookie.name);
      if (copy === undefined) continue;
      this.#known = copy.session.known;
      return copy;
    }
    return undefined;
  }

  /**
   * Gives the browser a copy of what is `known` since `asked` (milliseconds since 1970), where it has none of it.
   *
   * @returns whether a cookie was set
   */
  write(id: SessionId, known: KnownSession, asked: number): boolean {
    if (known === this.#known) return false;
    const value = this.#copies.seal(id, known, asked, this.#cookie.name);
    if (value === undefined) return this.delete();
    this.#cookie.set(value, undefined);
    return true;
  }

  /** @returns whether there was one */
  delete(): boolean {
    const { isSent } = this.#cookie;
    if (isSent) this.#cookie.delete();
    return isSent;
  }
}

function writeVersion(version: Version): string {
  if (typeof version === "string") return `s${version}`;
  return typeof version === "number" ? `n${version}` : `b${encodeBase64url(version)}`;
}

function readVersion(text: string): Version {
  const rest = text.slice(1);
  if (text[0] === "s") return rest;
  return text[0] === "n" ? Number(rest) : decodeBase64url(rest);
}

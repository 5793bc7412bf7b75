import type { EncryptedCookie } from "../../codec/index.ts";
import { decodeBase64url, encodeBase64url } from "../../encoding/base64url.ts";
import type { Events } from "../events.ts";
import type { Timing } from "../timing.ts";
import { RESERVED } from "../reserved.ts";
import type { SessionTexts } from "../session-texts.ts";
import type { Version } from "../store.ts";
import type { Carried, IdCarrier, StoredCopy } from "./id-carrier.ts";
import { withMeta } from "./record-text.ts";
import { readSessionId, type SessionId } from "./session-id.ts";
import type { KnownSession } from "./stored-sessions.ts";

/** What stands in the cookie of a copy: its version, and in milliseconds since 1970 when the session was seen and the store asked. */
type Noted = [version: string, seen: number, asked: number];

/** Carries the ID and a copy of the session, encrypted, while that is small. */
export class CopyCarrier implements IdCarrier {
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

  read(value: string, name: string): Carried | undefined {
    // As `serverSide` has it, where that was there before.
    const alone = readSessionId(value);
    if (alone !== undefined) return { id: alone };
    const opened = this.#codec.open(value, undefined, name);
    if (opened.refused !== undefined) return undefined;
    const { [RESERVED.sid]: sid, [RESERVED.copy]: noted } = opened.data;
    const id = readSessionId(sid as string)!;
    if (opened.oldKey) {
      this.#events.emit("token.old_key", "A session cookie was made with a fallback key.");
      return { id, isOutdated: true };
    }
    return { id, copy: noted === undefined ? undefined : this.#copy(opened.json, noted as Noted) };
  }

  /** Undefined where the store has to be asked. */
  #copy(json: string, [version, seen, asked]: Noted): StoredCopy | undefined {
    const now = this.#timing.clock.now();
    // A clock that was put back makes nothing last longer.
    if (now < asked || now >= asked + this.#maxAge * 1000) return undefined;
    const text = withMeta(json, { [RESERVED.sid]: undefined, [RESERVED.copy]: undefined });
    const read = this.#texts.parse(text);
    const created = read.data[RESERVED.created] as number;
    if (now >= (created + this.#timing.lifetime) * 1000) return undefined;
    const known = { text, version: readVersion(version), created, seen: new Date(seen) };
    return { session: { read, known, retired: false, keyAge: undefined }, asked };
  }

  write(id: SessionId, known: KnownSession, asked: number, name: string): string {
    const { text, version, seen } = known;
    const noted: Noted = [writeVersion(version), seen.getTime(), asked];
    const json = this.#fits(known)
      ? withMeta(text, { [RESERVED.sid]: id.text, [RESERVED.copy]: noted })
      : withMeta("{}", { [RESERVED.sid]: id.text });
    return this.#codec.seal(json, name);
  }

  isNews(known: KnownSession, carried: KnownSession | undefined): boolean {
    return this.#fits(known) ? known !== carried : carried !== undefined;
  }

  #fits({ text }: KnownSession): boolean {
    return text.length <= this.#above;
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

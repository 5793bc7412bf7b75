import type { AcceptedClaim, ForeignCookie, OpenAcceptedFormat, SentValues } from "./accepted-format.ts";
import type { Events } from "./events.ts";
import type { SessionCookie } from "./session-cookie.ts";

/** More cookies of one name than this come from no honest browser. */
const MAX_CANDIDATES = 4;

/** A session of another program's that came with a request. */
export interface FoundSession {
  readonly format: OpenAcceptedFormat;
  /** As it stands in the cookie. */
  readonly text: string;
  readonly claim: AcceptedClaim;
}

/** The formats of other programs that a manager accepts. */
export class AcceptedFormats {
  readonly #formats: readonly OpenAcceptedFormat[];
  readonly #events: Events;
  /** Whether a value of our own cookie's name can be nothing but ours. */
  readonly #isOurs: (value: string) => boolean;

  constructor(
    formats: readonly OpenAcceptedFormat[],
    events: Events,
    isOurs: (value: string) => boolean = () => false,
  ) {
    this.#formats = formats;
    this.#events = events;
    this.#isOurs = isOurs;
  }

  /** Whether any of them is kept in a store. */
  get haveStores(): boolean {
    return this.#formats.some(({ end }) => end !== undefined);
  }

  /**
   * The session that a request brings, by the first format that matches; its verdict is final. Several may be the IDs of sessions in a
   * store, of which {@link only} makes one.
   */
  find(cookie: SessionCookie): readonly FoundSession[] {
    const sent = this.#sent(cookie);
    for (const format of this.#formats) {
      const texts = format.find(sent);
      if (texts.length > 0) return this.#open(format, texts);
    }
    const isForeign = ({ cookies: [{ name }] }: OpenAcceptedFormat): boolean =>
      name !== cookie.name && sent(name).length > 0;
    if (this.#formats.some(isForeign))
      this.#events.emit("token.malformed", "A cookie has the form of none of the accepted formats.");
    return [];
  }

  #open(format: OpenAcceptedFormat, texts: readonly string[]): readonly FoundSession[] {
    const candidates = [...new Set(texts)].slice(0, MAX_CANDIDATES);
    const found = candidates.flatMap((text): FoundSession[] => {
      const claim = format.open(text);
      return claim === undefined ? [] : [{ format, text, claim }];
    });
    if (found.length <= 1 || format.end !== undefined) return found;
    this.#events.emit("cookie.duplicate");
    return [];
  }

  /** What `look` gives for one of several; for more than one of them, nothing. @throws StoreError */
  async only<T>(
    found: readonly FoundSession[],
    look: (one: FoundSession) => T | undefined | Promise<T | undefined>,
  ): Promise<T | undefined> {
    const looks = await Promise.all(found.map(look));
    const seen = looks.filter((one) => one !== undefined);
    if (seen.length <= 1) return seen[0];
    this.#events.emit("cookie.duplicate");
    return undefined;
  }

  /** Whether a value of our own cookie's name is another program's. */
  isForeign(cookie: SessionCookie, value: string): boolean {
    if (this.#isOurs(value)) return false;
    const sent: SentValues = (name) => (name === cookie.name ? [value] : cookie.sentAs(name));
    return this.#formats.some(
      (format) => format.cookies[0].name === cookie.name && format.find(sent).length > 0,
    );
  }

  /** Makes the browser forget what it has of other programs, now that it has a session of ours, or none any more. */
  forget(cookie: SessionCookie): void {
    for (const other of this.#formats.flatMap(({ cookies }): readonly ForeignCookie[] => cookies))
      if (cookie.sentAs(other.name).length > 0) cookie.forget(other);
  }

  /** Ends the record that a session was taken over from. @throws StoreError */
  async end(name: string, origin: string): Promise<void> {
    for (const format of this.#formats) if (format.cookies[0].name === name) await format.end?.(origin);
  }

  #sent(cookie: SessionCookie): SentValues {
    return (name) =>
      cookie.sentAs(name).filter((value) => value !== "" && !(name === cookie.name && this.#isOurs(value)));
  }
}

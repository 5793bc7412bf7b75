import { seconds } from "../clock.ts";
import type { Dict } from "../codec/index.ts";
import { isDict } from "../encoding/plain.ts";
import { DataError, GoneError, HeadersSentError, HipflaskError, StoreError } from "../errors.ts";
import { inTime } from "./change-limit.ts";
import { Contents, type FirstContents } from "./contents.ts";
import { type Flash, flashesOf, withFlash } from "./flash.ts";
import type { Changes, LiveSession } from "./live-session.ts";
import { readOnly } from "./read-only.ts";
import { FRESH, LASTING, RESERVED } from "./reserved.ts";
import type { Settings } from "./settings.ts";
import { textOfUser } from "./text-user.ts";

/** What a session begins its request with. */
export interface SessionStart<Data extends object> extends FirstContents<Data> {
  /** The stored text as it would be written; undefined where it must be made from the data. */
  readonly text: string | undefined;
  readonly isNew: boolean;
  /** Where the session is in a store. */
  readonly live?: LiveSession<Data> | undefined;
}

/**
 * One visitor's session during one request.
 *
 * `data` is a plain object: change it as you like, at any depth. What changed is found by comparing with what was loaded,
 * and goes out with the response.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- `Session` alone stands for any session
export class Session<Data extends object = any> {
  readonly #settings: Settings<Data>;
  readonly #live: LiveSession<Data> | undefined;
  readonly #contents: Contents<Data>;
  #baseline: string;
  #cleared = false;
  #new: boolean;
  #forced: boolean | undefined;
  #accessed = false;
  /** How often it was emptied. */
  #resets = 0;
  #forgotten = false;
  #sealed = false;
  /** Why no change can reach the browser, where there is a reason of its own. */
  #reason: string | undefined;
  /** Whether there will be no response. */
  #detached = false;
  #shown: Flash[] | undefined;
  /** The end of what this request does in the store, one thing after the other. */
  #turn: Promise<unknown> | undefined;
  #failure: unknown;

  /** @internal Sessions come from `sessions.get`. */
  constructor(settings: Settings<Data>, start: SessionStart<Data>) {
    this.#settings = settings;
    this.#live = start.live;
    this.#contents = new Contents(settings, start);
    this.#new = start.isNew;
    this.#baseline = start.text ?? this.#contents.text();
  }

  /** The application's data. After the headers have left it is read-only, because no change could reach the browser. */
  get data(): Data {
    this.#accessed = true;
    const { data } = this.#contents;
    return this.#sealed ? readOnly(data, () => this.#refuse("A change of session.data")) : data;
  }

  set data(data: Data) {
    this.#write("session.data");
    if (!isDict(data)) throw new DataError("UNSERIALIZABLE", "", "must be an object like { count: 1 }.");
    this.#contents.data = data;
  }

  /**
   * A name for the session that is no secret, for `revokeAll({ except: session.id })` and for logs: the SHA-256 of what the
   * cookie holds. Undefined while there is no session in a store.
   */
  get id(): string | undefined {
    this.#accessed = true;
    return this.#live?.id;
  }

  /** Whether anybody looked at the session in this request. If so, the response depends on the cookie, and says it (Vary). */
  get accessed(): boolean {
    return this.#accessed;
  }

  /** Whether this visitor came without a session that is good. */
  get new(): boolean {
    this.#accessed = true;
    return this.#new;
  }

  /** Whether anything differs from what was loaded. Set it to force a write, or (false) to keep the changes out of the response. */
  get modified(): boolean {
    this.#accessed = true;
    return this.#forced ?? this.#contents.text() !== this.#baseline;
  }

  set modified(modified: boolean) {
    this.#write("session.modified");
    this.#forced = modified;
  }

  /** Whether the cookie outlives the browser's own session. Default: false. */
  get permanent(): boolean {
    return this.#meta(RESERVED.permanent) === true;
  }

  set permanent(permanent: boolean) {
    this.#setMeta(
      "session.permanent",
      RESERVED.permanent,
      this.#settings.flask || permanent ? Boolean(permanent) : undefined,
    );
  }

  /** Who is logged in: what `regenerate({ user })` was given, or Flask-Login's user. */
  get user(): string | undefined {
    const user = this.#meta(RESERVED.user);
    if (typeof user === "string") return user;
    return this.#settings.flask && textOfUser(user);
  }

  /** When the user logged in with a password; undefined where they were only remembered, and for a session that Flask made. */
  get authenticatedAt(): Date | undefined {
    const at = this.#meta(RESERVED.authenticated);
    return typeof at === "number" ? new Date(at * 1000) : undefined;
  }

  /**
   * Reads, changes and writes the data in one step. In a store, what `change` makes of the newest data is stored and nobody
   * writes between: counters and lists stay exact under any number of parallel requests. It may be called again when
   * another request came first, so it must do nothing but change the data it is given. In a cookie it gets the data of this request.
   *
   * @throws GoneError when the session has ended in the meantime
   * @throws StoreError when the store fails; nothing was changed then, or (`STORE_TIMEOUT`) perhaps
   */
  update(change: (data: Data) => void | Promise<void>): Promise<void> {
    return this.#heard(this.#update(change));
  }

  async #update(change: (data: Data) => void | Promise<void>): Promise<void> {
    if (typeof change !== "function")
      throw new TypeError("session.update takes a function that changes the data it is given.");
    const live = this.#live;
    if (live?.update !== undefined) {
      this.#writeLive("session.update");
      return this.#inTurn(async () => {
        const changes = this.changes();
        const text = await live.update!(changes, async (newest) => {
          const draft = await live.revive(newest);
          await change(draft.#contents.data);
          return draft.#contents.text();
        });
        await this.#adopt(live, text, changes.text);
      });
    }
    this.#write("session.update");
    if (this.#turn !== undefined) return this.#inTurn(async () => this.#changeOrNot(change));
    // At once, so that a response that leaves in this very moment has it.
    const changing = this.#changeOrNot(change);
    if (changing !== undefined) await this.#inTurn(() => changing);
  }

  /** As in a store, where the function throws nothing has changed. What cannot be written cannot be copied either. */
  #changeOrNot(change: (data: Data) => void | Promise<void>): Promise<void> | undefined {
    this.#contents.text();
    const before = this.#contents.copy();
    const resets = this.#resets;
    const undo = (error: unknown): never => {
      // What was emptied in the meantime stays so.
      if (this.#resets === resets) this.#contents.restore(before);
      throw error;
    };
    try {
      const changing: unknown = change(this.#contents.data);
      if (typeof (changing as PromiseLike<void> | undefined)?.then !== "function") return undefined;
      return inTime(Promise.resolve(changing))
        .then(() => {
          // What changed after the headers had left is lost.
          if (this.#sealed) throw new HeadersSentError("session.update");
        })
        .catch(undo);
    } catch (error) {
      return undo(error);
    }
  }

  /** Nobody has to wait for what was begun: the response does, where it can, and what goes wrong is its answer, or an event. */
  #heard(done: Promise<void>): Promise<void> {
    done.catch((error: unknown) => {
      if (error instanceof StoreError || error instanceof GoneError) return;
      const reason = error instanceof HipflaskError ? error.code : "an unexpected error";
      this.#settings.events.emit("session.unsaved", `A session could not be changed: ${reason}.`);
    });
    return done;
  }

  /**
   * Gives the session a new ID and keeps its data. Call it at login, so that whoever planted or copied the old cookie has
   * nothing. In a store the old ID can still be read for ten seconds, as it was, for requests that are under way (not when
   * the user changes from one to another); it can never be written or renewed again.
   *
   * @param options.user who is logged in from now on; null: nobody; left out: as before
   * @param options.device what `sessions.forUser(…).list()` calls the user's device. Default: made of the User-Agent header
   * @param options.fresh whether the user has just shown who they are; false for one who was only remembered: `authenticatedAt` is
   * undefined then. Default: true
   * @throws GoneError when the session has ended in the meantime
   * @throws StoreError when the store fails
   */
  regenerate(options: { user?: string | null; device?: string; fresh?: boolean } = {}): Promise<void> {
    return this.#heard(this.identify(options));
  }

  /**
   * @internal As {@link regenerate}, with more values of the session's own; undefined takes one out.
   *
   * @param options.atOnce whether the old ID can be read no more, not even for a moment. Default: false
   * @param options.provisional whether it may come to nothing, until {@link stay} is called. Default: false
   */
  async identify({
    user,
    device,
    fresh = true,
    atOnce = false,
    provisional = false,
    own = {},
  }: Parameters<Session["regenerate"]>[0] & {
    atOnce?: boolean;
    provisional?: boolean;
    own?: Dict;
  } = {}): Promise<void> {
    if (user !== undefined && user !== null && (typeof user !== "string" || user === ""))
      throw new TypeError("The user must be a string that is not empty, or null for nobody.");
    if (device !== undefined && typeof device !== "string")
      throw new TypeError("The device must be a string.");
    this.#write("session.regenerate");
    const live = this.#live;
    if (live === undefined) {
      this.#identify(user, fresh, own);
      this.#forced = true;
      return;
    }
    await this.#inTurn(async () => {
      const takeBack = this.#identify(user, fresh, own);
      const changes = this.changes();
      try {
        const text = await live.regenerate(changes, { user: this.user, device, atOnce, provisional });
        await this.#adopt(live, text, changes.text);
      } catch (error) {
        // A login that failed must not be stored under the old ID.
        takeBack();
        throw error;
      }
    });
  }

  /** @internal The provisional session is to stay. @throws StoreError */
  async stay(): Promise<void> {
    await this.#live?.stay?.();
  }

  /** Returns what undoes it. */
  #identify(user: string | null | undefined, fresh: boolean, own: Dict): () => void {
    const values = { ...own, ...(user === undefined ? {} : this.#identity(user, fresh)) };
    const before = Object.keys(values).map((key) => [key, this.#meta(key)] as const);
    for (const [key, value] of Object.entries(values)) this.#putMeta(key, value);
    return () => {
      for (const [key, value] of before) this.#putMeta(key, value);
    };
  }

  #identity(user: string | null, fresh: boolean): Dict {
    const isFresh = user === null ? undefined : fresh;
    return {
      [RESERVED.user]: user ?? undefined,
      ...(this.#settings.flask
        ? { [FRESH]: isFresh }
        : { [RESERVED.authenticated]: isFresh ? this.#now() : undefined }),
    };
  }

  /** @internal A value that is the session's own and not the application's. */
  own(key: string): unknown {
    return this.#meta(key);
  }

  /** @internal Undefined takes the value out. */
  setOwn(key: string, value: unknown): void {
    this.#setMeta("A change of the login", key, value);
  }

  /** Empties the session: its data, its user, its messages. */
  clear(): void {
    this.#write("session.clear");
    const { permanent } = this;
    this.#reset(LASTING);
    if (this.#settings.flask?.permanent !== undefined) this.#putMeta(RESERVED.permanent, permanent);
    this.#cleared = true;
  }

  /** Empties it, but for the values of its own under these keys. */
  #reset(kept: readonly string[]): void {
    this.#resets++;
    this.#contents.clear(kept);
    this.#forced = true;
  }

  /**
   * Ends the session. In a store that is final at once: no request that is under way brings it back. What is written after
   * it, in this request, begins another one.
   *
   * @throws StoreError when the store fails: then the session has not ended
   */
  destroy(): Promise<void> {
    return this.#heard(this.#destroy());
  }

  async #destroy(): Promise<void> {
    const live = this.#live;
    this.#writeLive("session.destroy");
    if (live === undefined) {
      this.#reset([]);
      this.#new = true;
      return;
    }
    await this.#inTurn(async () => {
      await live.destroy();
      this.#reset([]);
      this.#new = true;
      this.#baseline = this.#contents.text();
      this.#forced = undefined;
      this.#cleared = false;
    });
  }

  /** @internal The browser may have a cookie that did not come with this request, or be about to get it: that one is deleted, too. */
  forget(): void {
    this.#forgotten = true;
  }

  /** @internal Whether {@link forget} was called. */
  get isForgotten(): boolean {
    return this.#forgotten;
  }

  /** Each begins with what the one before it left, and all of it ends before the response. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#turn === undefined ? work() : this.#turn.then(work);
    const turn = result.then(
      () => {
        this.#failure = undefined;
      },
      (error: unknown) => {
        if (error instanceof StoreError || error instanceof GoneError) this.#failure = error;
      },
    );
    this.#turn = turn;
    void turn.then(() => {
      if (this.#turn === turn) this.#turn = undefined;
    });
    return result;
  }

  /** @internal Why the store did not do the last thing that it was asked for; undefined where it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** @internal Goes on without what the store has refused, because another request was first. */
  leaveIt(): void {
    this.#failure = undefined;
  }

  /** @internal Fulfilled when everything is done that was begun in the store; undefined where nothing was. */
  get settled(): Promise<unknown> | undefined {
    return this.#turn;
  }

  /** Goes on from a text that is stored now, `sent` being the one that was given to the store. */
  async #adopt(live: LiveSession<Data>, stored: string, sent: string): Promise<void> {
    const fresh = await live.revive(stored);
    const now = this.#contents.text();
    // What was changed while the store was at work is kept on top.
    const current = now === sent ? fresh : await live.revive(live.merge(sent, now, stored));
    this.#contents.become(current.#contents);
    this.#baseline = fresh.#baseline;
    this.#new = live.id === undefined;
    this.#forced = undefined;
    this.#cleared = false;
  }

  /** Keeps a message for the next page that asks: Flask's `flash`. */
  flash(message: unknown, category = "message"): void {
    const queue = this.#meta(RESERVED.flashes);
    this.#setMeta("session.flash", RESERVED.flashes, withFlash(queue, category, message));
  }

  /**
   * The messages kept by `flash`, taken out of the session: Flask's `get_flashed_messages`. Asked twice in a request, it
   * answers the same.
   *
   * @param categories only these; the others are taken out too, as in Flask
   */
  flashes(...categories: string[]): Flash[] {
    if (this.#shown === undefined) {
      const queue = this.#meta(RESERVED.flashes);
      this.#shown = flashesOf(queue);
      if (queue !== undefined) this.#setMeta("session.flashes", RESERVED.flashes, undefined);
    }
    return categories.length === 0
      ? [...this.#shown]
      : this.#shown.filter((flash) => categories.includes(flash.category));
  }

  /** @internal What this request did to the session so far. */
  changes(): Changes {
    const text = this.#contents.text();
    const modified = this.#forced ?? text !== this.#baseline;
    return { base: this.#baseline, text, modified, cleared: this.#cleared };
  }

  /**
   * @internal The text of the session with the instant of its creation in it.
   *
   * @param text the text now
   * @param since when the stored session was made, as far as is known; in seconds since 1970
   */
  stamp(text: string, since: number | undefined): string {
    if (this.#settings.flask || this.#contents.has(RESERVED.created)) return text;
    this.#contents.setOwn(RESERVED.created, this.#new ? this.#now() : (since ?? this.#now()));
    return this.#contents.text();
  }

  /** @internal Whether the session has one of its own keys. */
  holds(key: string): boolean {
    return this.#contents.has(key);
  }

  /** @internal When the session was made, in seconds since 1970. Flask's tells nothing of that. */
  get createdSeconds(): number {
    const created = this.#settings.flask ? undefined : this.#contents.own(RESERVED.created);
    return typeof created === "number" ? created : this.#now();
  }

  /** @internal From now on every change throws. `reason` says what to do instead, where it is not the usual one. */
  seal(reason?: string): void {
    this.#sealed = true;
    this.#reason = reason ?? this.#reason;
  }

  /** @internal Whether every change throws. */
  get sealed(): boolean {
    return this.#sealed;
  }

  /** @internal There is no response: every change throws, but what a store can do by itself. `reason` says what to do. */
  detach(reason: string): void {
    this.seal(reason);
    this.#detached = true;
  }

  /** @internal The JSON bytes of each key, largest first. */
  largestKeys(): [key: string, bytes: number][] {
    return this.#contents.largestKeys();
  }

  /** @internal Whether nothing is worth a cookie. */
  get isEmpty(): boolean {
    return this.#contents.isEmpty;
  }

  #meta(key: string): unknown {
    this.#accessed = true;
    return this.#contents.own(key);
  }

  #setMeta(what: string, key: string, value: unknown): void {
    this.#write(what);
    this.#putMeta(key, value);
  }

  #putMeta(key: string, value: unknown): void {
    this.#contents.setOwn(key, value);
    // In Flask an assignment is a change, whatever was there.
    if (this.#settings.flask) this.#forced = true;
  }

  #write(what: string): void {
    if (this.#sealed) this.#refuse(what);
    this.#accessed = true;
    this.#settings.refuseWrites?.();
  }

  /** Before what the store can do to a session that is there, without any response. */
  #writeLive(what: string): void {
    if (this.#live === undefined || this.#new || !this.#detached) this.#write(what);
  }

  #refuse(what: string): never {
    throw new HeadersSentError(what, this.#reason);
  }

  #now(): number {
    return seconds(this.#settings.timing.clock);
  }
}

import { LEEWAY } from "../clock.ts";
import { digestText } from "../crypto/digest.ts";
import { constantTimeEqualText } from "../crypto/equal.ts";
import { Hmac } from "../crypto/hmac.ts";
import { randomBytes } from "../crypto/random.ts";
import { encodeBase64url } from "../encoding/base64url.ts";
import { ConfigError, StoreError } from "../errors.ts";
import { StoreGuard } from "../session/server-side/guarded-store.ts";
import { handleOf, readHandle } from "../session/server-side/session-id.ts";
import type { RememberedLogins } from "../session/server-side/logins.ts";
import type { Settings } from "../session/settings.ts";
import type { LoadedRecord, SessionKey, SessionStore } from "../session/store.ts";
import { readSeries, type SeriesState, writeSeries } from "./series-record.ts";

/** What remembering asks of a store. Every `SessionStore` that can end all records of an owner does it, also the one that keeps the sessions. */
export type RememberStore = Pick<SessionStore, "create" | "load" | "save" | "delete"> &
  Required<Pick<SessionStore, "deleteOwned">> &
  Pick<SessionStore, "deleteAll">;

/** Milliseconds in which a token that was used may come once more: browsers send requests in parallel, and answers get lost. */
const GRACE = 10_000;
const TOKEN_BYTES = 32;
const SALT_BYTES = 16;
const TAG_LENGTH = 22;
const COOKIE = /^([\w-]{43}\.[\w-]{22})\.([\w-]{43})$/;

/** A series of tokens: one browser that remembers one user. */
export interface Series {
  /** What the cookie begins with. */
  readonly text: string;
  readonly key: SessionKey;
  /** What sessions call it that come from it: where it is in the store. No secret. */
  readonly name: string;
  readonly user: string;
}

/** What a cookie is worth. */
export type Presented =
  /** No series of ours, or one that has ended. */
  | { readonly outcome: "unknown" }
  /** The token that it should be. */
  | { readonly outcome: "good"; readonly series: Series; readonly token: string; readonly at: State }
  /** A token that was used, now or (not `first`) a moment ago by another request; with the cookie for the next time. */
  | {
      readonly outcome: "used";
      readonly first: boolean;
      readonly series: Series;
      readonly cookie: string;
      readonly expires: Date;
    }
  /** A token that was used before. */
  | { readonly outcome: "stolen"; readonly series: Series };

interface State extends SeriesState {
  readonly version: LoadedRecord["version"];
  readonly expires: Date;
}

/**
 * Remember-me as Barry Jaspan has described it: a series for each browser, and a token that is good once. Who uses one gets the next. A
 * token that comes a second time was copied.
 *
 * The store has digests. The next token is made of the one before and of a salt that only the store has: so whoever sends a token again
 * within the grace is given the same next one, and a lost answer is no theft.
 */
export class RememberSeries implements RememberedLogins {
  readonly #guard: StoreGuard<RememberStore>;
  readonly #settings: Settings<object>;

  /** @param timeout seconds that the store may take for one operation. Default: 1 */
  constructor(store: RememberStore, settings: Settings<object>, timeout = 1) {
    if (typeof (store as Partial<RememberStore> | undefined)?.deleteOwned !== "function")
      throw new ConfigError(
        "remember.store must be a store that can end all records of a user (deleteOwned), or a change of password could not end remembered logins. Write new RedisStore(client), or another one of hipflask's own that can.",
      );
    this.#settings = settings;
    this.#guard = new StoreGuard(store, settings.events, {
      timeout,
      maxPending: 1000,
      what: "remembered logins",
    });
  }

  /** Begins a series. @throws StoreError */
  async begin(
    user: string,
    duration: number,
    device: string | undefined,
  ): Promise<{ series: Series; cookie: string; expires: Date }> {
    const text = `${encodeBase64url(randomBytes(TOKEN_BYTES))}.${rememberTag(user)}`;
    const series = { ...placeOf(text), user };
    const token = encodeBase64url(randomBytes(TOKEN_BYTES));
    const now = this.#now();
    const expires = new Date(now.getTime() + duration * 1000);
    const state = { user, current: fingerprint(token), previous: "", salt: "", used: 0, device };
    const record = { data: writeSeries(state), expires };
    const version = await this.#guard.call("create", (store) => store.create(series.key, record, now));
    if (version === undefined) throw new StoreError("CONFLICT", "A new series' ID was there already.");
    return { series, cookie: `${text}.${token}`, expires };
  }

  /** What a cookie is worth that came at an instant, in milliseconds since 1970. @throws StoreError */
  async present(cookie: string, arrived: number): Promise<Presented> {
    const [, text, token] = COOKIE.exec(cookie) ?? [];
    if (text === undefined || token === undefined) return { outcome: "unknown" };
    const place = placeOf(text);
    const record = await this.#load(place.key);
    return record === undefined ? { outcome: "unknown" } : this.#judge(place, token, record, arrived);
  }

  #judge(
    place: Omit<Series, "user">,
    token: string,
    record: LoadedRecord & { readonly expires: Date },
    arrived: number,
  ): Presented {
    const state = readSeries(record.data);
    if (state === undefined) {
      this.#settings.events.emit("record.corrupt");
      return { outcome: "unknown" };
    }
    const series = { ...place, user: state.user };
    const print = fingerprint(token);
    if (constantTimeEqualText(print, state.current)) {
      const at = { ...state, version: record.version, expires: record.expires };
      return { outcome: "good", series, token, at };
    }
    // A clock that was put back makes nothing last longer. A request may have arrived long before.
    const isAhead = state.used - this.#now().getTime() > LEEWAY * 1000;
    const isRecent = arrived - state.used < GRACE && !isAhead;
    if (isRecent && constantTimeEqualText(print, state.previous)) {
      const cookie = `${series.text}.${nextToken(token, state.salt)}`;
      return { outcome: "used", first: false, series, cookie, expires: record.expires };
    }
    return { outcome: "stolen", series };
  }

  /**
   * Uses a token: from now on the next one is good.
   *
   * @returns the cookie for the next time, or what has become of the series in the meantime
   * @throws StoreError
   */
  async use(
    { series, token, at }: Extract<Presented, { outcome: "good" }>,
    arrived: number,
  ): Promise<Exclude<Presented, { outcome: "good" }>> {
    const now = this.#now();
    const salt = encodeBase64url(randomBytes(SALT_BYTES));
    const next = nextToken(token, salt);
    const state = {
      user: series.user,
      current: fingerprint(next),
      previous: at.current,
      salt,
      used: now.getTime(),
      device: at.device,
    };
    const record = { data: writeSeries(state), expires: at.expires };
    const saved = await this.#guard.call("save", (store) => store.save(series.key, at.version, record, now));
    if (saved.outcome === "gone") return { outcome: "unknown" };
    if (saved.outcome === "saved")
      return { outcome: "used", first: true, series, cookie: `${series.text}.${next}`, expires: at.expires };
    const judged = this.#judge(series, token, saved.current, arrived);
    // The same record in another version: a store that counts more than it must.
    return judged.outcome === "good" ? this.use(judged, arrived) : judged;
  }

  /** Ends a series; whether there was one. @throws StoreError */
  async end({ key }: Pick<Series, "key">): Promise<boolean> {
    return (await this.#guard.call("delete", (store) => store.delete(key))) !== undefined;
  }

  async endNamed(name: string): Promise<void> {
    const key = readHandle(name);
    if (key !== undefined) await this.end({ key });
  }

  /** When the series of this name ends, and what its device is called; undefined where it has ended. @throws StoreError */
  async find(name: string): Promise<{ expires: Date; device: string | undefined } | undefined> {
    const key = readHandle(name);
    const record = key && (await this.#load(key));
    return record && { expires: record.expires, device: readSeries(record.data)?.device };
  }

  async endOf(user: string, except: readonly string[] = []): Promise<void> {
    const kept = except.flatMap((name) => readHandle(name)?.id ?? []);
    await this.#guard.call("deleteOwned", (store) => store.deleteOwned(rememberTag(user), kept, this.#now()));
  }

  checkEndAll(): void {
    if (this.#guard.can("deleteAll")) return;
    throw new ConfigError(
      "The store of remembered logins cannot end them all (deleteAll). Nothing was ended: give createLogin another one as remember.store.",
    );
  }

  endAll(): Promise<number> {
    return this.#guard.call("deleteAll", (store) => store.deleteAll!(this.#now()));
  }

  #load(key: SessionKey): Promise<(LoadedRecord & { readonly expires: Date }) | undefined> {
    return this.#guard.call("load", (store) => store.load(key, this.#now()));
  }

  #now(): Date {
    return new Date(this.#settings.timing.clock.now());
  }
}

/**
 * Where a series is in the store. Sessions are where the digests of their IDs are, so neither a session's ID nor a series can be presented
 * as the other, although both may be in one store.
 */
function placeOf(text: string): Omit<Series, "user"> {
  const id = digestText("sha256", Buffer.from(`hipflask series ${text}`, "latin1"), "base64url");
  const key = { id, owner: text.slice(text.indexOf(".") + 1) };
  return { text, key, name: handleOf(key) };
}

/** The tag of a user's series, which is another than that of their sessions. */
function rememberTag(user: string): string {
  const tag = digestText("sha256", Buffer.from(`hipflask remembers ${user}`, "utf8"), "base64url");
  return tag.slice(0, TAG_LENGTH);
}

function fingerprint(token: string): string {
  return digestText("sha256", Buffer.from(token, "latin1"), "base64url");
}

function nextToken(token: string, salt: string): string {
  return new Hmac("sha256", Buffer.from(token, "latin1")).computeText(salt);
}

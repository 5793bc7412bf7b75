// `req.session` is typed where express-session's place is taken, as in express-session itself.
import express from "express";
import session, { type Cookie, type Session, type SessionData, Store } from "hipflask/express-session";
import { expectTypeOf } from "vitest";

express()
  .use(session({ secret: "secret", resave: false, saveUninitialized: false }))
  .get("/", (req) => {
    expectTypeOf(req.session).toExtend<Session>();
    expectTypeOf(req.sessionID).toEqualTypeOf<string>();
    expectTypeOf(req.sessionStore).toEqualTypeOf<Store>();
    // Applications name the error's type that they expect, as there.
    req.session.regenerate((error: Error) => void error);
    req.session.destroy((error: unknown) => void error);
    req.sessionStore.get(req.sessionID, (_error, found) =>
      expectTypeOf(found?.cookie).toExtend<Cookie | undefined>(),
    );
    req.sessionStore.all?.((_error, all) => void all);
    req.sessionStore.length?.((_error, count) =>
      expectTypeOf(count).toEqualTypeOf<number | null | undefined>(),
    );
    req.sessionStore.clear?.((error: Error) => void error);
    // @ts-expect-error -- milliseconds, as there
    req.session.cookie.maxAge = "60";
  });

// @ts-expect-error -- no such option
session({ secret: "secret", saveUninitialised: false });

// The names that they have in express-session's own types.
const options: session.SessionOptions = { secret: "secret", cookie: { maxAge: 60_000 } };
session(options);
expectTypeOf<session.Store>().toEqualTypeOf<Store>();
expectTypeOf<session.Session>().toEqualTypeOf<Session>();
expectTypeOf<session.SessionData>().toEqualTypeOf<SessionData>();
expectTypeOf<session.Cookie>().toEqualTypeOf<Cookie>();

/** A store of the application's own, typed as for express-session. */
class Own extends Store {
  readonly #kept = new Map<string, SessionData>();

  override get(sid: string, callback: (error: unknown, found?: SessionData | null) => void): void {
    callback(null, this.#kept.get(sid));
  }

  override set(sid: string, data: SessionData, callback?: (error?: unknown) => void): void {
    this.#kept.set(sid, data);
    callback?.();
  }

  override destroy(sid: string, callback?: (error?: unknown) => void): void {
    this.#kept.delete(sid);
    callback?.();
  }
}
session({ secret: "secret", store: new Own() });

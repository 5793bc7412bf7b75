// `req.session` is typed where express-session's place is taken, as in express-session itself.
import express from "express";
import session, { type Session, type Store } from "hipflask/express-session";
import { expectTypeOf } from "vitest";

express()
  .use(session({ secret: "secret", resave: false, saveUninitialized: false }))
  .get("/", (req) => {
    expectTypeOf(req.session).toExtend<Session>();
    expectTypeOf(req.sessionID).toEqualTypeOf<string>();
    expectTypeOf(req.sessionStore).toEqualTypeOf<Store>();
    req.session.regenerate((error) => expectTypeOf(error).not.toBeAny());
    // @ts-expect-error -- milliseconds, as there
    req.session.cookie.maxAge = "60";
  });

// @ts-expect-error -- no such option
session({ secret: "secret", saveUninitialised: false });

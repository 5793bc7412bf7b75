import type { IncomingMessage, ServerResponse } from "node:http";
import { Head } from "../adapters/node-head.ts";
import { standsIn } from "../adapters/node-upgrade.ts";
import { randomBytes } from "../crypto/random.ts";
import { encodeBase64url } from "../encoding/base64url.ts";
import { LateSave } from "./late.ts";
import { type SessionOptions, type Settings, settingsOf } from "./options.ts";
import { findSessionId, isBelow, type SessionRequest } from "./request.ts";
import { Session } from "./session.ts";
import type { StoredSession } from "./store-shape.ts";
import { SessionExchange } from "./session-exchange.ts";
import { Signatures } from "./signature.ts";
import { Touches } from "./touches.ts";

const ID_BYTES = 24;

type Next = (error?: unknown) => void;

/** Middleware of Express 4 and 5, of Connect, and of whatever calls it with a request and a response of Node's. */
export type SessionMiddleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

/** What the requests that have been given a session do with it. */
const exchanges = new WeakMap<IncomingMessage, SessionExchange>();

/**
 * express-session's middleware: the same options, `req.session`, cookie and stores. Beyond it, the response is held back until the session
 * is stored, so that a redirect finds it, and a store that fails gives an error in its place; parallel requests lose no
 * change of each other; a session that has ended stays so; stores are not touched with every request.
 *
 * @example app.use(session({ secret: process.env.SECRET, resave: false, saveUninitialized: false, store }))
 * @throws TypeError for an option that cannot be used
 */
export function session(options: SessionOptions = {}): SessionMiddleware {
  const settings = settingsOf(options, () => encodeBase64url(randomBytes(ID_BYTES)));
  const { store } = settings;
  const touches = new Touches((store as { ttl?: unknown }).ttl);
  let isReady = true;
  store.generate = (request) => generate(request, settings);
  store.on?.("disconnect", () => {
    isReady = false;
  });
  store.on?.("connect", () => {
    isReady = true;
  });

  return (message, response, next) => {
    const request = message as SessionRequest;
    const before = exchanges.get(request);
    // To ask the request itself would be to use its session.
    const hasSession = before === undefined ? Boolean(request.session) : before.hasSession;
    if (hasSession || !isReady || !isBelow(request, settings.path(request))) {
      next();
      return;
    }
    if (settings.signatures === undefined && !request.secret) {
      next(new Error("secret option required for sessions"));
      return;
    }
    const signatures = settings.signatures ?? new Signatures([request.secret!]);
    const cookieId = findSessionId(request, settings.name, signatures);
    request.sessionStore = store;
    request.sessionID = cookieId!;

    const start = (stored: Parameters<SessionExchange["begin"]>[0]): void => {
      before?.leave();
      const exchange = new SessionExchange(request, settings, signatures, touches, cookieId);
      exchanges.set(request, exchange);
      exchange.begin(stored);
      // Nothing could hold it back; what a handler saves by itself is stored.
      if (standsIn(response)) return;
      // A handler that is given in the place of `next` takes no error: it would run once more.
      const takesErrors = next.length > 0;
      void new Head(response, exchange, takesErrors ? next : undefined);
      void new LateSave(response, exchange, takesErrors ? next : () => undefined);
    };

    if (cookieId === undefined) {
      start(undefined);
      next();
      return;
    }
    store.get(cookieId, (error, stored) => {
      const isMissing = (error as NodeJS.ErrnoException | null | undefined)?.code === "ENOENT";
      if (error && !isMissing) {
        next(error);
        return;
      }
      try {
        start(isMissing || !stored ? undefined : (stored as unknown as StoredSession));
      } catch (problem) {
        next(problem);
        return;
      }
      next();
    });
  };
}

function generate(request: SessionRequest, { genid, cookie }: Settings): void {
  request.sessionID = genid(request);
  const made = new Session(request);
  made.cookie = cookie(request);
  request.session = made;
}

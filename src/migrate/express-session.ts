import { decodedValue } from "../cookie/decoded-value.ts";
import { ConfigError, MalformedError } from "../errors.ts";
import { type Secret, Signatures } from "../express-session/signature.ts";
import type { AcceptedFormat, AcceptedSession } from "../session/index.ts";
import { parseDict } from "./json.ts";
import { type AcceptOptions, acceptedSession, oldCookie } from "./options.ts";
import { acceptedRecord } from "./record-format.ts";

/** What is needed of a store of express-session's. */
export interface OldExpressStore {
  /** Gives the session with this ID, or nothing. */
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): void;
  /** Ends the session with this ID. */
  destroy(sid: string, callback?: (error?: unknown) => void): void;
}

/** What {@link acceptExpressSession} needs of the application's old configuration. */
export interface AcceptExpressSessionOptions extends Partial<AcceptOptions> {
  /** express-session's: the secret, or a list of which all are accepted. */
  readonly secret: Secret | readonly (Secret | undefined)[] | undefined;
  /** express-session's: connect-redis and its like, or `toExpressStore` of a store of ours. */
  readonly store: OldExpressStore;
}

/** The prefix, an ID, HMAC-SHA-256 in base64 without padding. */
const FORM = /^s:[^;]{1,512}\.[A-Za-z0-9+/]{43}$/;

/**
 * Takes over the sessions of express-session: a signed ID in a cookie, and the session in a store. `permanent` follows from the stored
 * cookie. Who stays with Express and its API needs no migration: `hipflask/express-session`.
 *
 * @param options.cookie Default: `connect.sid`
 * @example accept: [acceptExpressSession({ secret, store: new RedisStore({ client }), user: (data) => data.passport?.user })]
 * @throws ConfigError without a secret or a store
 */
export function acceptExpressSession(options: AcceptExpressSessionOptions): AcceptedFormat {
  const { secret, store, cookie: old = "connect.sid" } = options;
  const secrets: readonly Secret[] = Array.isArray(secret) ? secret : [secret as Secret];
  if (secrets.length === 0 || secrets.some((one) => one === undefined || one === ""))
    throw new ConfigError("acceptExpressSession needs express-session's secret.");
  if (typeof store?.get !== "function" || typeof store.destroy !== "function")
    throw new ConfigError("acceptExpressSession needs express-session's store, such as connect-redis.");
  const signatures = new Signatures(secrets);
  return acceptedRecord({
    program: "express-session",
    cookie: oldCookie(old),
    store,
    matches: (value) => FORM.test(decodedValue(value)),
    idIn: (value) => signatures.unsign(decodedValue(value)),
    load: (asked, id) => call((done) => asked.get(id, done)).catch(noFile),
    read: (json) => read(json, options),
    end: async (asked, id) => {
      await call((done) => asked.destroy(id, done));
    },
  });
}

/** Whether the session still lives is its store's word: many move its end when it is touched, and leave the record as it was written. */
function read(json: string, options: AcceptExpressSessionOptions): AcceptedSession {
  const { cookie, ...data } = parseDict(json);
  if (typeof cookie !== "object" || cookie === null) throw new MalformedError("The record has no cookie.");
  const { expires } = cookie as { expires?: unknown };
  const permanent = typeof expires === "string";
  if (permanent && Number.isNaN(Date.parse(expires)))
    throw new MalformedError("The record's cookie has no date of expiry.");
  return acceptedSession(data, options, { permanent });
}

function call(work: (done: (error?: unknown, result?: unknown) => void) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    work((error, result) => (error ? reject(error as Error) : resolve(result)));
  });
}

/** For session-file-store a session that has ended is a file that is missing. */
function noFile(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException | null)?.code !== "ENOENT") throw error;
}

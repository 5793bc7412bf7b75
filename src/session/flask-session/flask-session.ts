import { flaskSessionJson } from "../../codec/flask-session-json.ts";
import { FlaskSessionCodec, type FlaskSessionFormat } from "../../codec/index.ts";
import { ConfigError } from "../../errors.ts";
import type { Events } from "../events.ts";
import type { Timing } from "../timing.ts";
import { StoreGuard } from "../server-side/guarded-store.ts";
import type { Storage } from "../storage.ts";
import type { RecordStore } from "../store.ts";
import { FlaskRecords } from "./flask-records.ts";
import { FlaskSessionKeeping } from "./flask-session-keeping.ts";
import { FlaskSessionIds } from "./session-ids.ts";

/** What Flask-Session's configuration says of its sessions, beside the cookie. */
export interface FlaskSessionOptions {
  /** What is written; any of the formats is read. Default: `msgpack`. */
  readonly format?: FlaskSessionFormat;
  /** Whether pickles are read where another format is written. Never runs anything; see the codec. Default: false. */
  readonly readPickle?: boolean;
  /** Whether the cookie's ID is signed with the secret key. Default: false. */
  readonly useSigner?: boolean;
  /** Random bytes of a new ID. Default: 32. */
  readonly idLength?: number;
  /** Once in how many requests records that have ended are removed, from a store that does not do that itself. Default: never. */
  readonly cleanEvery?: number | undefined;
  /** Seconds that the store may take for one operation; then the request is answered with 503. Default: 1. */
  readonly timeout?: number;
  /** How many operations may be under way at once in this process; more are answered with 503. Default: 1000. */
  readonly maxPending?: number;
}

/** How many records are removed at a time. */
const CLEANING = 1000;

/**
 * Sessions in a store of Flask-Session's, together with Python. It goes with Flask's rules: `flaskConfig` of `hipflask/flask` makes
 * both.
 */
export function flaskSession(store: RecordStore, options: FlaskSessionOptions = {}): Storage {
  const { useSigner = false, idLength = 32, cleanEvery } = options;
  return {
    needsKey: useSigner,
    open({ keys, timing, events, accept }) {
      if (accept.length > 0)
        throw new ConfigError(
          "Sessions in a store of Flask-Session's take no others over. Use accept with serverSide(store), encryptedCookie() or signedCookie().",
        );
      const records = openRecords(store, options, timing, events);
      const ids = new FlaskSessionIds(idLength, useSigner ? keys : undefined);
      let requests = 0;
      return {
        json: flaskSessionJson,
        deleteExpired: (limit) => records.deleteExpired(limit),
        keep(settings, cookie) {
          if (cleanEvery !== undefined && ++requests % cleanEvery === 0)
            // What fails is an event already.
            void records.deleteExpired(CLEANING).catch(() => undefined);
          return new FlaskSessionKeeping(settings, records, ids, cookie);
        },
      };
    },
  };
}

/** The sessions in a store, with the codec and the patience that the options ask for. */
export function openRecords(
  store: RecordStore,
  options: FlaskSessionOptions,
  timing: Timing,
  events: Events,
): FlaskRecords {
  const { format = "msgpack", readPickle = format === "pickle", timeout = 1, maxPending = 1000 } = options;
  const guard = new StoreGuard(store, events, { timeout, maxPending });
  return new FlaskRecords(guard, new FlaskSessionCodec({ format, readPickle }), timing, events);
}

import { warn } from "../session/events.ts";
import type { SessionStore } from "../session/store.ts";
import { weaknessOf } from "../signer/secret-key.ts";
import { Cookie, type CookieOptions } from "./cookie.ts";
import { MemoryStore } from "./memory-store.ts";
import { RecordsStore } from "./records-store.ts";
import { isSecure, type SessionRequest } from "./request.ts";
import { type Secret, Signatures } from "./signature.ts";
import type { ConnectStore, Store } from "./store-shape.ts";

/** The options of express-session 1.19, with the same names and defaults. */
export interface SessionOptions {
  /** What signs the cookie: the first one signs, all are accepted. Default: `req.secret`, which `cookie-parser` sets. */
  secret?: Secret | readonly Secret[] | undefined;
  /** A store for express-session, or one of hipflask's, which loses no write. Default: a `MemoryStore`. */
  store?: ConnectStore | SessionStore | undefined;
  /** The cookie's attributes, or what gives them for a request. */
  cookie?: CookieOptions | ((request: SessionRequest) => CookieOptions) | undefined;
  /** Default: `connect.sid`. */
  name?: string | undefined;
  /** An old name of `name`. */
  key?: string | undefined;
  /** Makes the ID of a new session. Default: 24 random bytes. */
  genid?: ((request: SessionRequest) => string) | undefined;
  /** Whether `X-Forwarded-Proto` says if the connection is encrypted. Default: as Express' `trust proxy`. */
  proxy?: boolean | undefined;
  /** Whether sessions that did not change are stored all the same. Give it; false is what you want. Default: true. */
  resave?: boolean | undefined;
  /** Whether every response sets the cookie again. Default: false. */
  rolling?: boolean | undefined;
  /** Whether new sessions that hold nothing are stored. Give it; false is what you want. Default: true. */
  saveUninitialized?: boolean | undefined;
  /** What becomes of the stored session when a handler deletes `req.session`. Default: `"keep"`. */
  unset?: "destroy" | "keep" | undefined;
}

/** The options, checked and complete. */
export interface Settings {
  /** Undefined: what a request brings. */
  readonly signatures: Signatures | undefined;
  readonly store: Store;
  readonly name: string;
  readonly genid: (request: SessionRequest) => string;
  readonly proxy: boolean | undefined;
  readonly resave: boolean;
  readonly rolling: boolean;
  readonly saveUninitialized: boolean;
  readonly unset: "destroy" | "keep";
  /** The path at and below which requests have a session. */
  path(request: SessionRequest): string;
  /** The cookie of a new session. */
  cookie(request: SessionRequest): Cookie;
}

/** @throws TypeError for an option that cannot be used */
export function settingsOf(options: SessionOptions, genid: Settings["genid"]): Settings {
  const { secret, cookie = {}, proxy, unset } = options;
  if (options.genid !== undefined && typeof options.genid !== "function")
    throw new TypeError("genid option must be a function");
  if (unset && unset !== "destroy" && unset !== "keep")
    throw new TypeError('unset option must be "destroy" or "keep"');
  const secrets = secret ? ([secret].flat() as Secret[]) : undefined;
  if (secrets?.length === 0) throw new TypeError("secret option array must contain one or more strings");
  sayWhatIsMissing(options);
  sayWhatIsWeak(secrets);
  const cookieOptions = (request: SessionRequest): CookieOptions =>
    typeof cookie === "function" ? cookie(request) : cookie;
  return {
    signatures: secrets && new Signatures(secrets),
    store: storeOf(options.store),
    name: options.name || options.key || "connect.sid",
    genid: options.genid ?? genid,
    proxy,
    resave: options.resave ?? true,
    rolling: Boolean(options.rolling),
    saveUninitialized: options.saveUninitialized ?? true,
    unset: unset || "keep",
    path: (request) => cookieOptions(request).path || "/",
    cookie(request) {
      const made = new Cookie(cookieOptions(request));
      const secure = isSecure(request, proxy);
      if (made.secure === "auto") made.secure = secure;
      if (made.sameSite === "auto") made.sameSite = secure ? "none" : "lax";
      return made;
    },
  };
}

function storeOf(given: ConnectStore | SessionStore | undefined): Store {
  if (given === undefined) return memoryStore();
  // Ours have `load` too, but nothing to get.
  return "get" in given ? (given as Store) : new RecordsStore(given);
}

function memoryStore(): Store {
  if (process.env.NODE_ENV === "production") {
    warn(
      "Sessions are kept in the memory of this process: they end with it, and another process does not know them. Give session({ store }) one of hipflask's stores.",
      "HIPFLASK_MEMORY_STORE",
    );
  }
  return new MemoryStore();
}

function sayWhatIsMissing(options: SessionOptions): void {
  for (const name of ["resave", "saveUninitialized"] as const) {
    if (options[name] !== undefined) continue;
    warn(
      `session() was called without ${name}, which is then true. Write ${name}: false.`,
      "HIPFLASK_OPTION",
    );
  }
}

function sayWhatIsWeak(secrets: readonly Secret[] | undefined): void {
  if (process.env.NODE_ENV !== "production") return;
  const weakness = typeof secrets?.[0] === "string" ? weaknessOf(secrets[0]) : undefined;
  if (weakness !== undefined) warn(weakness, "HIPFLASK_WEAK_SECRET");
}

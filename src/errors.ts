/**
 * Every error class and every code of hipflask.
 *
 * No message holds a secret, a session ID or a value that came with a request: a message says what happened and what to
 * do about it. Evidence that a program may need (the payload behind a bad signature) is a property, never text.
 */

/** Stable identifiers, one per kind of failure; `switch (error.code)` over them is exhaustive. */
export type ErrorCode =
  | "CONFIG"
  | "SECRET_WEAK"
  | "NO_SECRET_KEY"
  | "COOKIE_INVALID"
  | "TOO_LARGE"
  | "UNSERIALIZABLE"
  | "UNREPRESENTABLE"
  | "MALFORMED"
  | "HEADERS_SENT"
  | "STORE_UNAVAILABLE"
  | "STORE_TIMEOUT"
  | "CONFLICT"
  | "GONE"
  | "UNAUTHORIZED"
  | "NEEDS_REFRESH"
  | "BAD_DATA"
  | "BAD_PAYLOAD"
  | "BAD_SIGNATURE"
  | "BAD_TIME_SIGNATURE"
  | "SIGNATURE_EXPIRED";

/** What marks the errors of every copy of this module. */
const OURS = Symbol.for("hipflask.error");

/** The base of every error that hipflask throws. */
export class HipflaskError extends Error {
  /** Two copies of this module may be in one process, as where a framework bundles parts apart: each knows the other's errors. */
  static override [Symbol.hasInstance](error: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, error)) return true;
    const name = nameOf(this.prototype);
    // What an application derives from these classes has no name of its own there, and is known to nobody else.
    if (name === undefined) return false;
    for (let kind = error; isOurs(kind); kind = Object.getPrototypeOf(kind))
      if (nameOf(kind) === name) return true;
    return false;
  }

  /** Which failure it is. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean = false;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The name of the class, which stays when an application is minified. */
  override get name(): string {
    return "HipflaskError";
  }

  /** @internal */
  get [OURS](): true {
    return true;
  }
}

function isOurs(kind: unknown): kind is object {
  return typeof kind === "object" && kind !== null && OURS in kind;
}

/** The name that a class of ours gives to its errors, by its prototype. */
function nameOf(prototype: object): unknown {
  return Object.getOwnPropertyDescriptor(prototype, "name")?.get?.call(prototype);
}

/** The caller's mistake, found when something is constructed or set up. The message says what to do. */
export class ConfigError extends HipflaskError {
  constructor(message: string, code: "CONFIG" | "SECRET_WEAK" | "NO_SECRET_KEY" = "CONFIG") {
    super(code, message);
  }

  override get name(): string {
    return "ConfigError";
  }
}

/** A cookie that no browser would read back as it was meant: a name, value or attribute that breaks RFC 6265bis. */
export class CookieError extends HipflaskError {
  constructor(message: string) {
    super("COOKIE_INVALID", message);
  }

  override get name(): string {
    return "CookieError";
  }
}

/** Something is larger than its limit. Browsers drop such cookies without a word, so it is said before any header is set. */
export class TooLargeError extends HipflaskError {
  /** How large it is, in bytes (seconds for a lifetime). */
  readonly size: number;
  /** The limit in the same unit. */
  readonly limit: number;
  /** What takes most of the space, largest first: a part of a cookie or a key of the session, with its bytes. */
  readonly largest: readonly (readonly [part: string, size: number])[];

  constructor(
    message: string,
    size: number,
    limit: number,
    largest: readonly (readonly [part: string, size: number])[],
  ) {
    super("TOO_LARGE", message);
    this.size = size;
    this.limit = limit;
    this.largest = largest;
  }

  override get name(): string {
    return "TooLargeError";
  }
}

/**
 * Data of a session or a token that cannot be written: `UNSERIALIZABLE` (a function, a cycle, a Map) or `UNREPRESENTABLE`
 * (a number whose Python type is unclear). `path` names the place, as in `cart[3].fn`.
 */
export class DataError extends HipflaskError {
  /** Where in the data it is, as in `cart[3].fn`. */
  readonly path: string;

  constructor(
    code: "UNSERIALIZABLE" | "UNREPRESENTABLE",
    path: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(code, `The data ${path === "" ? "" : `at ${path} `}${problem}`, options);
    this.path = path;
  }

  override get name(): string {
    return "DataError";
  }
}

/** Text or bytes that are not what their format says. Thrown by decoders and by nothing else. */
export class MalformedError extends HipflaskError {
  constructor(message: string, options?: ErrorOptions) {
    super("MALFORMED", message, options);
  }

  override get name(): string {
    return "MalformedError";
  }
}

/** The session or a cookie was changed where no header leaves any more: the change cannot reach the browser. */
export class HeadersSentError extends HipflaskError {
  constructor(
    what: string,
    reason = "The response's headers were sent before. Make the change before the first byte of the body.",
  ) {
    super("HEADERS_SENT", `${what} cannot reach the browser. ${reason}`);
  }

  override get name(): string {
    return "HeadersSentError";
  }
}

/**
 * The store of the sessions did not do its work, so the request cannot be answered as it should: 503, and the same request may
 * succeed later. `STORE_UNAVAILABLE`: it failed or is down; `STORE_TIMEOUT`: it did not answer in time, and may or may
 * not have done what was asked; `CONFLICT`: so many others wrote the same session that this one never got its turn, and
 * nothing was saved.
 */
export class StoreError extends HipflaskError {
  override readonly retryable = true;
  /** The HTTP status to answer with. */
  readonly status = 503;
  /** The HTTP headers to answer with, which frameworks take from an error: Express, Fastify, Koa and H3. */
  readonly headers: Readonly<Record<string, string>> = { "Retry-After": "1" };

  override get name(): string {
    return "StoreError";
  }
}

/** The session was ended or got another ID while this request worked on it, so there is nothing to change any more. */
export class GoneError extends HipflaskError {
  /** The HTTP status to answer with. */
  readonly status = 409;

  constructor(what: string) {
    super(
      "GONE",
      `${what} found no session: another request has ended it, or given it a new ID, in the meantime.`,
    );
  }

  override get name(): string {
    return "GoneError";
  }
}

/**
 * Nobody is logged in (`UNAUTHORIZED`), or somebody who has to enter the password once more (`NEEDS_REFRESH`), where it is needed. The
 * answer is a redirect to the page where visitors log in, if there is one, or else 401. Koa and H3 answer so by themselves, Hono too, and the
 * adapters for the Fetch API and Node; elsewhere send what this holds.
 */
export class UnauthorizedError extends HipflaskError {
  /** The HTTP status to answer with: 401, or 302 (303) where there is a `location`. */
  readonly status: number;
  /** The HTTP headers to answer with: `Location`, where there is one. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the visitor can log in, and is sent back from. */
  readonly location: string | undefined;
  /** Koa shows the message of such an error, and logs nothing. */
  readonly expose = true;

  constructor(code: "UNAUTHORIZED" | "NEEDS_REFRESH", location?: string, redirect: 302 | 303 = 302) {
    super(code, code === "UNAUTHORIZED" ? "Log in first." : "Enter your password again first.");
    this.status = location === undefined ? 401 : redirect;
    this.headers = location === undefined ? {} : { Location: location };
    this.location = location;
  }

  /** The answer, as a Response. Hono calls it. */
  getResponse(): Response {
    const headers = { ...this.headers, "Content-Type": "text/plain; charset=utf-8" };
    return new Response(this.message, { status: this.status, headers });
  }

  override get name(): string {
    return "UnauthorizedError";
  }
}

/** The root of itsdangerous' errors: a token that cannot be used. */
export class BadData extends HipflaskError {
  constructor(message: string, code: ErrorCode = "BAD_DATA", options?: ErrorOptions) {
    super(code, message, options);
  }

  override get name(): string {
    return "BadData";
  }
}

/** The signature was right, but the payload behind it cannot be read. `cause` is the decoder's error. */
export class BadPayload extends BadData {
  constructor(message: string, options?: ErrorOptions) {
    super(message, "BAD_PAYLOAD", options);
  }

  override get name(): string {
    return "BadPayload";
  }
}

/** The signature does not match. `payload` is what stood before it: unverified, evidence only. */
export class BadSignature extends BadData {
  /** What stood before the signature: unverified, evidence only. */
  readonly payload: string | Uint8Array | undefined;

  constructor(message: string, payload?: string | Uint8Array, code: ErrorCode = "BAD_SIGNATURE") {
    super(message, code);
    this.payload = payload;
  }

  override get name(): string {
    return "BadSignature";
  }
}

/** As {@link BadSignature}, for tokens that carry a time stamp. */
export class BadTimeSignature extends BadSignature {
  /** When the token says that it was signed; unverified unless the error is {@link SignatureExpired}. */
  readonly dateSigned: Date | undefined;

  constructor(
    message: string,
    payload?: string | Uint8Array,
    dateSigned?: Date,
    code: ErrorCode = "BAD_TIME_SIGNATURE",
  ) {
    super(message, payload, code);
    this.dateSigned = dateSigned;
  }

  override get name(): string {
    return "BadTimeSignature";
  }
}

/** The signature is right, but older than `maxAge` (or from the future). */
export class SignatureExpired extends BadTimeSignature {
  constructor(message: string, payload?: string | Uint8Array, dateSigned?: Date) {
    super(message, payload, dateSigned, "SIGNATURE_EXPIRED");
  }

  override get name(): string {
    return "SignatureExpired";
  }
}

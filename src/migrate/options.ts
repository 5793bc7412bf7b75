import type { Dict } from "../codec/index.ts";
import { type CookieAttributes, stringifyDeletion } from "../cookie/index.ts";
import { ConfigError, CookieError } from "../errors.ts";
import type { AcceptedSession, ForeignCookie } from "../session/index.ts";
import { FRESH, RESERVED, splitReserved } from "../session/reserved.ts";

/** The old cookie: with these it was set, and with these browsers are made to forget it. */
export interface OldCookie {
  /** What it was called. */
  readonly name: string;
  /** Default: none. */
  readonly domain?: string | undefined;
  /** Default: `/`. */
  readonly path?: string | undefined;
  /** In a frame of another site browsers forget only what is deleted with `"none"`. Default: not said; `"none"` where it is partitioned. */
  readonly sameSite?: CookieAttributes["sameSite"];
  /** Default: true where the rest needs it, otherwise false. */
  readonly secure?: boolean | undefined;
  /** Default: false. */
  readonly partitioned?: boolean | undefined;
}

/** What an old session held: whatever the application put into it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the application knows its own data
export type OldData = Record<string, any>;

/** What all formats ask for. */
export interface AcceptOptions {
  /** The old cookie's name, or its name with the Domain and Path that it was set with. */
  readonly cookie: string | OldCookie;
  /**
   * Who is logged in, by the old session's data: `session.user` from now on. A session without the key in question comes here as
   * well, so write `data.passport?.user`. Default: nobody.
   */
  readonly user?: ((data: OldData) => string | number | undefined) | undefined;
}

/** For formats whose cookie does not tell whether it outlives the browser. */
export interface WithPermanence {
  /** Whether the old cookie had a Max-Age or Expires: `session.permanent` from now on. Default: false. */
  readonly permanent?: boolean | undefined;
}

/** A name that needs Secure. */
const PREFIX = /^__(?:host|secure|http|host-http)-/i;

/** @throws ConfigError for a cookie that no browser would have kept */
export function oldCookie(cookie: AcceptOptions["cookie"]): ForeignCookie {
  const old = typeof cookie === "string" ? { name: cookie } : cookie;
  if (typeof old?.name !== "string" || old.name === "")
    throw new ConfigError('Say which cookie holds the old session: cookie: "name".');
  const { name, domain, path = "/", partitioned = false } = old;
  const sameSite = old.sameSite ?? (partitioned ? "none" : undefined);
  const isSecure = partitioned || sameSite?.toLowerCase() === "none" || PREFIX.test(name);
  const secure = old.secure ?? isSecure;
  const attributes = { domain, path, partitioned, secure, sameSite, httpOnly: true };
  try {
    // What contradicts itself is refused there.
    return { name, domain, path, deletion: stringifyDeletion(name, attributes as { path: string }) };
  } catch (error) {
    if (error instanceof CookieError) throw new ConfigError(`The old session's cookie: ${error.message}`);
    throw error;
  }
}

/** The same cookie under another name. */
export function beside(cookie: AcceptOptions["cookie"], name: string): ForeignCookie {
  return oldCookie(typeof cookie === "string" ? name : { ...cookie, name });
}

/** What else is known of an old session. */
interface Known {
  readonly permanent?: boolean | undefined;
  readonly expires?: number | undefined;
  /** Category and message. */
  readonly flashes?: readonly unknown[];
}

/** An old session's data with Flask's keys, and without names that have a meaning in our sessions alone. */
export function acceptedSession(
  stored: Dict,
  options: Pick<AcceptOptions, "user">,
  { permanent = false, expires, flashes = [] }: Known = {},
): AcceptedSession {
  const { data } = splitReserved(stored);
  delete data[FRESH];
  const who: string | number | bigint | undefined = options.user?.(stored);
  // Databases count their users, and a login asks for text: as createLogin makes it of an ID.
  const user = (typeof who === "number" && !Number.isNaN(who)) || typeof who === "bigint" ? String(who) : who;
  if (typeof user === "string" && user !== "") data[RESERVED.user] = user;
  if (permanent) data[RESERVED.permanent] = true;
  if (flashes.length > 0) data[RESERVED.flashes] = flashes;
  return { data, numberTypes: undefined, expires };
}

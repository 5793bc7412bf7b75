import type { IncomingMessage } from "node:http";
import { decodedValue } from "../cookie/decoded-value.ts";
import { findCookies } from "../cookie/index.ts";
import type { Session, SessionData } from "./session.ts";
import type { Signatures } from "./signature.ts";
import type { Store } from "./store-shape.ts";

/** A request with its session, as Express, Connect and `node:http` give it. */
export interface SessionRequest extends IncomingMessage {
  /** The request's session. To replace or delete it ends it. */
  session: Session & Partial<SessionData>;
  /** The ID of its session, which is what its cookie holds, signed. */
  sessionID: string;
  /** The store that keeps it. */
  sessionStore: Store;
  /** Express: whether the connection is encrypted, by its own `trust proxy`. */
  readonly secure?: boolean;
  /** `cookie-parser`: its secret, and what it has read. */
  readonly secret?: string;
  /** `cookie-parser`: signed cookies, which are asked where the header has no session. */
  readonly signedCookies?: Readonly<Record<string, unknown>>;
  /** `cookie-parser`: the other cookies, which are asked last. */
  readonly cookies?: Readonly<Record<string, unknown>>;
  /** Express and Connect: the path before a router took its part away. */
  readonly originalUrl?: string;
}

declare global {
  namespace Express {
    interface Request {
      session: SessionRequest["session"];
      sessionID: string;
      sessionStore: SessionRequest["sessionStore"];
    }
  }
}

/** Whether a request came over an encrypted connection, as the option `proxy` says. */
export function isSecure(request: SessionRequest, proxy: boolean | undefined): boolean {
  if ((request.socket as { encrypted?: boolean } | undefined)?.encrypted) return true;
  if (proxy === false) return false;
  if (proxy !== true) return request.secure === true;
  const header = String(request.headers["x-forwarded-proto"] ?? "");
  return header.split(",")[0]!.trim().toLowerCase() === "https";
}

/** Whether a cookie with this path comes with the request. */
export function isBelow(request: SessionRequest, path: string): boolean {
  const url = request.originalUrl ?? request.url ?? "/";
  const pathname = (url.startsWith("/") ? url : pathOf(url)).split(/[?#]/)[0]!;
  return (pathname || "/").startsWith(path);
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : "/";
}

/**
 * The session ID that a request brings, if one of the keys has signed it. Of several cookies of the name the first that is
 * genuine counts; what `cookie-parser` has read counts where the header says nothing.
 */
export function findSessionId(
  request: SessionRequest,
  name: string,
  signatures: Signatures,
): string | undefined {
  for (const value of findCookies(request.headers.cookie, name)) {
    const sid = signatures.unsign(decodedValue(value));
    if (sid) return sid;
  }
  const signed = request.signedCookies?.[name];
  if (typeof signed === "string" && signed !== "") return signed;
  const plain = request.cookies?.[name];
  return typeof plain === "string" ? signatures.unsign(plain) || undefined : undefined;
}

import { digestText } from "../../crypto/digest.ts";
import { randomBytes } from "../../crypto/random.ts";
import { encodeBase64url } from "../../encoding/base64url.ts";
import type { SessionKey } from "../store.ts";

const ID_BYTES = 32;
const ID_LENGTH = 43;
const OWNER_LENGTH = 22;
const FORM = /^[\w-]{43}(?:\.[\w-]{22})?$/;

/** The ID of a server-side session: what its cookie holds, and nothing else ever does. */
export interface SessionId {
  /** 32 random bytes as base64url; for a user's session followed by a dot and the user's tag. */
  readonly text: string;
  /** Where the session is in the store. */
  readonly key: SessionKey;
}

/** An ID that nobody can guess. */
export function newSessionId(owner: string | undefined): SessionId {
  const secret = encodeBase64url(randomBytes(ID_BYTES));
  return named(owner === undefined ? secret : `${secret}.${owner}`);
}

/** The ID in a cookie's value, or undefined for a value that no ID of ours has. Nothing else is sent to a store. */
export function readSessionId(text: string): SessionId | undefined {
  return FORM.test(text) ? named(text) : undefined;
}

/**
 * The tag of a user. It has no key, so that it stays the same when the secret keys change: a session under an old tag would be
 * one that logging out everywhere does not find.
 */
export function ownerTag(user: string): string {
  return digestText("sha256", Buffer.from(`hipflask user ${user}`, "utf8"), "base64url").slice(
    0,
    OWNER_LENGTH,
  );
}

/** What a session is called where people end it: as its ID is built, of the digest in the place of the secret. */
export function handleOf({ id, owner }: SessionKey): string {
  return owner === undefined ? id : `${id}.${owner}`;
}

/** Undefined for what is no handle. */
export function readHandle(handle: string): SessionKey | undefined {
  return FORM.test(handle) ? keyOf(handle, handle.slice(0, ID_LENGTH)) : undefined;
}

function named(text: string): SessionId {
  return { text, key: keyOf(text, digestText("sha256", Buffer.from(text, "latin1"), "base64url")) };
}

function keyOf(text: string, id: string): SessionKey {
  const dot = text.indexOf(".");
  return { id, owner: dot < 0 ? undefined : text.slice(dot + 1) };
}

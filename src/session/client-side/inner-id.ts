import { digestText } from "../../crypto/digest.ts";
import { randomBytes } from "../../crypto/random.ts";
import { encodeBase64url } from "../../encoding/base64url.ts";
import type { SessionId } from "../server-side/session-id.ts";

const ID_BYTES = 16;
const FORM = /^[\w-]{22}(?:\.[\w-]{22})?$/;

/**
 * The name of a session that is in its cookie, under which a store knows whether it lives. It stands among the data, which nobody can change,
 * so it is no secret: whoever knows it has no session.
 */
export function newInnerId(owner: string | undefined): SessionId {
  const id = encodeBase64url(randomBytes(ID_BYTES));
  return named(owner === undefined ? id : `${id}.${owner}`);
}

/** The name in a session's data; undefined for anything else. */
export function readInnerId(value: unknown): SessionId | undefined {
  return typeof value === "string" && FORM.test(value) ? named(value) : undefined;
}

/** No session whose ID is its secret can have this digest, also where both are in one store. */
function named(text: string): SessionId {
  const id = digestText("sha256", Buffer.from(`hipflask sid ${text}`, "latin1"), "base64url");
  return { text, key: { id, owner: text.split(".")[1] } };
}

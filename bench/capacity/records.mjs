/** The records that fill a store. A key is made from its number, so that nobody has to keep them. */
import { createHash } from "node:crypto";

const DAY = 24 * 60 * 60 * 1000;
const BYTES = 300;

/** Whose records they are. Each user has one session. */
export const KINDS = ["visitor", "user"];

/** Spread over a database's pages as real ones are: hashes. */
export function keyOf(kind, number) {
  const id = hash(`session ${number}`);
  return { id, owner: kind === "user" ? hash(`user ${number}`).slice(0, 22) : undefined };
}

/** Each has bytes of its own, with little in them to compress. */
export function recordOf(number) {
  const text = Array.from({ length: 5 }, (_, part) =>
    createHash("sha512").update(`${number} ${part}`).digest(),
  );
  return {
    data: new Uint8Array(Buffer.concat(text).subarray(0, BYTES)),
    expires: new Date(Date.now() + DAY),
  };
}

function hash(text) {
  return createHash("sha256").update(text).digest("base64url");
}

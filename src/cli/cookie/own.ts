import { EncryptedCookie } from "../../codec/index.ts";
import { chunkSuffix, joinChunks, type JoinedChunks, MAX_CHUNKS, withoutLabel } from "../../cookie/chunks.ts";
import { KeyRing } from "../../crypto/key-ring.ts";
import { handleOf, readSessionId } from "../../session/server-side/session-id.ts";
import { asJson } from "../json-text.ts";
import { APPLICATION, type Finding, type Inspection } from "./finding.ts";

/** What our cookie is called where it is given no name. */
const NAMES = ["__Host-session", "session"];
const HEAD = 5;
/** Asked for the form of values, and for nothing else. */
const FORM = new EncryptedCookie(["a key that makes nothing"]);

/** Our encrypted cookie, whole or in chunks. */
export function encryptedCookie(cookie: Inspection): Finding | undefined {
  const { name, keys, now, application } = cookie;
  const joined = whole(cookie);
  const known = { format: "hipflask's encrypted cookie", readable: APPLICATION, isKeyed: true };
  if (joined.fault !== undefined)
    return isChunk(cookie.value) ? { ...known, problem: `its cookies are ${joined.fault}` } : undefined;
  const { value } = joined;
  if (!FORM.hasForm(value)) return undefined;
  const bytes = Buffer.from(value, "base64url");
  const id = hex(bytes.subarray(1, HEAD));
  const facts = { version: bytes[0]!, algorithm: "XAES-256-GCM", "key ID": id };
  const named = keys.find(({ key }) => hex(new KeyRing([key]).newest.id) === id);
  if (named === undefined) return { ...known, facts };
  const codec = new EncryptedCookie([named.key], {
    application: application ?? "",
    clock: { now: () => now * 1000 },
  });
  for (const tried of name === undefined ? NAMES : [name]) {
    const opened = codec.open(value, undefined, tried);
    if (opened.refused === undefined)
      return { ...known, facts, key: named.where, made: opened.signedAt, content: asJson(opened.json) };
  }
  const problem = `its key ID is that of ${named.where}, but it was changed, made for a cookie of another name (give name=value), for another application (--application), or by a clock that is ahead`;
  return { ...known, facts, problem };
}

function whole({ name, value, cookies }: Inspection): JoinedChunks {
  if (name === undefined) return { value };
  const others = Array.from({ length: MAX_CHUNKS - 1 }, (_, i) =>
    cookies.filter((other) => other.name === name + chunkSuffix(i + 2)).map((other) => other.value),
  );
  return joinChunks(name, value, others);
}

/** The second and the further chunks, which were read with the first one. */
export function furtherChunk({ name, value, cookies }: Inspection): Finding | undefined {
  const first = /^(.+)\.[2-4]$/.exec(name ?? "")?.[1];
  if (!isChunk(value) || !cookies.some((other) => other.name === first)) return undefined;
  return { format: `a part of ${first}, with which it was read`, readable: APPLICATION, isKeyed: false };
}

function isChunk(value: string): boolean {
  return withoutLabel(value) !== value;
}

/** The ID of a session on the server. */
export function sessionId({ value }: Inspection): Finding | undefined {
  const id = readSessionId(value);
  if (id === undefined) return undefined;
  return {
    format: "an ID, as of a session that hipflask keeps on the server",
    readable: "by nobody: what it holds is in the store",
    isKeyed: false,
    facts: { handle: handleOf(id.key) },
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

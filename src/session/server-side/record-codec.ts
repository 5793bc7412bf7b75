import { open, seal } from "../../crypto/aead.ts";
import { KEY_ID_BYTES, KeyRing, type MasterKey } from "../../crypto/key-ring.ts";
import { MalformedError } from "../../errors.ts";
import type { SecretKey } from "../../signer/index.ts";
import type { SessionKey } from "../store.ts";

/** Turns the text of a session into the bytes of its record, and back. */
export interface RecordCodec {
  encode(key: SessionKey, text: string): Uint8Array;
  /** @throws MalformedError */
  decode(key: SessionKey, data: Uint8Array): string;
  /** How many secret keys are newer than the one that the bytes were made with; undefined where no key was used, or one that is gone. */
  keyAge(data: Uint8Array): number | undefined;
}

const BRACE = 0x7b;
/** The first byte of an encrypted record. */
const ENCRYPTED = 1;
const HEAD = 1 + KEY_ID_BYTES;

/** The text as it is: Flask's JSON, all ASCII. */
export const plainRecords: RecordCodec = {
  encode: (_key, text) => Buffer.from(text, "latin1"),
  decode(_key, data) {
    if (data[0] !== BRACE) throw new MalformedError("The record is not one of a session.");
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
  },
  keyAge: () => undefined,
};

/**
 * Records that nobody can read or change without a secret key: a byte 1, four bytes that name the key, and AES-256-GCM under
 * a key of each record's own. A record of one session cannot be put in the place of another's.
 *
 * @param secretKeys oldest first: the last one encrypts
 */
export function encryptedRecords(secretKeys: readonly SecretKey[]): RecordCodec {
  const ring = new KeyRing(secretKeys);
  return {
    encode(key, text) {
      const { newest } = ring;
      const sealed = seal(recordKey(newest, key), Buffer.from(text, "latin1"), associated(key));
      return Buffer.concat([Buffer.of(ENCRYPTED), newest.id, sealed]);
    },
    decode(key, data) {
      const master = ring.find(data.subarray(1, HEAD));
      if (data[0] !== ENCRYPTED || master === undefined)
        throw new MalformedError("The record was not encrypted with any of the secret keys.");
      const plain = open(recordKey(master, key), data.subarray(HEAD), associated(key));
      return Buffer.from(plain).toString("latin1");
    },
    keyAge(data) {
      const master = ring.find(data.subarray(1, HEAD));
      return master && ring.ageOf(master);
    },
  };
}

function recordKey(master: MasterKey, { id }: SessionKey): Uint8Array {
  return master.derive(`hipflask record ${id}`);
}

function associated({ id, owner }: SessionKey): Uint8Array {
  return Buffer.from(`${id}.${owner ?? ""}`, "latin1");
}

import { Buffer } from "node:buffer";
import type { StoredRecord, Version } from "../session/store.ts";

/** The layout below; another one is somebody else's, and read as nothing. */
const FORMAT = 1;
const HEAD = 22;
const KINDS = ["number", "string", "bytes"] as const;

/**
 * A record of one store as bytes that another one can keep: the format, the kind of the version, expiry and seen as 64-bit
 * floats, the length of the version, the version, the data.
 */
export function packRecord(record: StoredRecord): Uint8Array {
  const [kind, version] = versionToBytes(record.version);
  const packed = new Uint8Array(HEAD + version.length + record.data.length);
  const view = new DataView(packed.buffer);
  view.setUint8(0, FORMAT);
  view.setUint8(1, KINDS.indexOf(kind));
  view.setFloat64(2, record.expires.getTime());
  view.setFloat64(10, record.seen.getTime());
  view.setUint32(18, version.length);
  packed.set(version, HEAD);
  packed.set(record.data, HEAD + version.length);
  return packed;
}

/** Reverses {@link packRecord}: undefined for bytes that it did not make. The data is a view of `packed`. */
export function unpackRecord(packed: Uint8Array): StoredRecord | undefined {
  if (packed.length < HEAD || packed[0] !== FORMAT) return undefined;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const end = HEAD + view.getUint32(18);
  return {
    data: packed.subarray(end),
    expires: new Date(view.getFloat64(2)),
    seen: new Date(view.getFloat64(10)),
    version: bytesToVersion(KINDS[view.getUint8(1)]!, packed.subarray(HEAD, end)),
  };
}

function versionToBytes(version: Version): [kind: (typeof KINDS)[number], bytes: Uint8Array] {
  if (typeof version === "string") return ["string", Buffer.from(version, "utf16le")];
  if (typeof version === "number") return ["number", new Uint8Array(Float64Array.of(version).buffer)];
  return ["bytes", version];
}

function bytesToVersion(kind: (typeof KINDS)[number], bytes: Uint8Array): Version {
  const copy = Buffer.from(bytes);
  if (kind === "string") return copy.toString("utf16le");
  return kind === "number" ? copy.readDoubleLE() : new Uint8Array(copy);
}

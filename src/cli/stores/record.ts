import { type Dict, TaggedJson } from "../../codec/index.ts";
import { MalformedError } from "../../errors.ts";
import type { OwnedRecord } from "../../session/index.ts";
import { RESERVED } from "../../session/reserved.ts";
import { encryptedRecords, plainRecords } from "../../session/server-side/record-codec.ts";
import { handleOf } from "../../session/server-side/session-id.ts";
import type { NamedKey } from "../keys.ts";

/** What a record tells. */
export interface RecordFacts {
  readonly handle: string;
  /** Undefined for a visitor who is not logged in, and where the record cannot be read. */
  readonly user: string | undefined;
  readonly device: string | undefined;
  readonly created: Date | undefined;
  readonly seen: Date;
  readonly expires: Date;
  readonly bytes: number;
  /** What it holds, as JSON text; undefined where it cannot be read. */
  readonly content: string | undefined;
  /** Whether it stands for a session, and not for one that got a new ID, or for something else that is kept beside them. */
  readonly isSession: boolean;
}

const json = new TaggedJson();

/** Reads records; encrypted ones with these keys, newest first. */
export function recordReader(keys: readonly NamedKey[] | undefined): (record: OwnedRecord) => RecordFacts {
  const codec = keys === undefined ? plainRecords : encryptedRecords(keys.map(({ key }) => key).toReversed());
  return (record) => {
    const { key, data, seen, expires } = record;
    const content = unlessMalformed(() => codec.decode(key, data));
    const dict = content === undefined ? undefined : unlessMalformed(() => json.parse(content).data);
    const created = dict?.[RESERVED.created];
    return {
      handle: handleOf(key),
      user: textAt(dict, RESERVED.user),
      device: textAt(dict, RESERVED.device),
      created: typeof created === "number" ? new Date(created * 1000) : undefined,
      seen,
      expires,
      bytes: data.length,
      content: dict === undefined ? undefined : content,
      isSession: dict === undefined || (created !== undefined && dict[RESERVED.successor] === undefined),
    };
  };
}

function textAt(dict: Dict | undefined, key: string): string | undefined {
  const value = dict?.[key];
  return typeof value === "string" ? value : undefined;
}

function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

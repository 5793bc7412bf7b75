import type { FlaskSessionFormat } from "hipflask/codec";
import type { Desc } from "./python-values.ts";
import { vectors } from "./vectors.ts";

/** A session as Flask-Session kept it in some store, or refused to keep it. */
export interface KeptSession {
  readonly id: string;
  readonly format: FlaskSessionFormat;
  /** What the application put into a session; where `loaded` begins with `_permanent`, that was in it already. */
  readonly payload: Desc;
  /** What was in the store; undefined where Flask-Session answered 500. */
  readonly bytes: Buffer | undefined;
  /** What Flask-Session read from it; undefined where there was nothing, or the client's cookie did not come back. */
  readonly loaded: Desc | undefined;
}

interface KeptVector extends Omit<KeptSession, "bytes" | "loaded"> {
  loaded?: Desc | null;
  status?: number;
  value_hex?: string;
  val_hex?: string;
  row?: { data_hex: string };
  calls?: [operation: string, request: any][];
}

/** All sessions of the vectors of Redis, Memcached, SQLite, MongoDB and DynamoDB. */
export function keptSessions(): KeptSession[] {
  return [
    "flask_session_redis_msgpack",
    "flask_session_redis_json",
    "flask_session_memcached",
    "flask_session_sqlite",
    "flask_session_mongo_dynamo",
  ]
    .flatMap((file) => vectors<KeptVector>(file))
    .map((vector) => ({
      ...vector,
      loaded: vector.loaded ?? undefined,
      bytes: vector.status === 500 ? undefined : bytesOf(vector),
    }));
}

function bytesOf({ value_hex, val_hex, row, calls }: KeptVector): Buffer {
  const update = calls?.find(([operation]) => operation.endsWith(".UpdateItem"))?.[1];
  if (update !== undefined) return Buffer.from(update.ExpressionAttributeValues[":value"].B, "base64");
  return Buffer.from((value_hex ?? val_hex ?? row?.data_hex)!, "hex");
}

import {
  Markup,
  PyBytearray,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFloat,
  PyFrozenset,
  PyTimedelta,
  Tuple,
  Uuid,
} from "hipflask/codec";

/** Typed Python values as the vectors write them; see test/vectors/README.md. */
export type Desc = [type: string, ...rest: any[]];

/**
 * How much of a Python value is kept: what a cookie holds, which knows no keys but text and datetimes to the second; what
 * readers of other formats keep; or, by a Map for every dict that needs it, also the place of keys that are integers in text.
 */
type Keep = "cookie" | "all" | "order";

/** The JavaScript value for a Python value. */
export function fromDesc(desc: Desc, keep: Keep = "cookie"): unknown {
  const [type, value] = desc;
  const inner = (item: Desc) => fromDesc(item, keep);
  switch (type) {
    case "null":
      return null;
    case "bool":
    case "str":
      return value;
    case "markup":
      return new Markup(value);
    case "int": {
      const int = BigInt(value);
      return Number.isSafeInteger(Number(int)) ? Number(int) : int;
    }
    case "float": {
      const float = Buffer.from(desc[2], "hex").readDoubleBE();
      return Number.isSafeInteger(float) && !Object.is(float, -0) ? new PyFloat(float) : float;
    }
    case "list":
      return (value as Desc[]).map(inner);
    case "tuple":
      return new Tuple((value as Desc[]).map(inner));
    case "set":
      return new Set((value as Desc[]).map(inner));
    case "frozenset":
      return new PyFrozenset((value as Desc[]).map(inner));
    case "dict":
      return dictFromDesc(value, keep);
    case "bytes":
      return new Uint8Array(Buffer.from(value, "hex"));
    case "bytearray":
      return new PyBytearray(Buffer.from(value, "hex"));
    case "uuid":
      return new Uuid(value);
    case "datetime":
      return keep === "cookie" ? new Date(instant(value, desc[2] ?? 0)) : datetime(value, desc[2], desc[3]);
    case "date":
      return new PyDate(value);
    case "timedelta":
      return new PyTimedelta(BigInt(value));
    case "decimal":
      return new PyDecimal(value);
    default:
      throw new Error(`A session holds no ${type}`);
  }
}

function dictFromDesc(entries: readonly [Desc, Desc][], keep: Keep): unknown {
  const fits = ([[type, key]]: [Desc, Desc]) => type === "str" && !(keep === "order" && /^\d+$/.test(key));
  if (keep === "cookie" || entries.every(fits))
    return Object.fromEntries(entries.map(([key, value]) => [jsonKey(key), fromDesc(value, keep)]));
  return new Map(entries.map(([key, value]) => [keyFromDesc(key, keep), fromDesc(value, keep)]));
}

/** A Map would take -0.0 for 0. */
function keyFromDesc(key: Desc, keep: Keep): unknown {
  const value = fromDesc(key, keep);
  return Object.is(value, -0) ? new PyFloat(-0) : value;
}

/** What JSON makes of a Python dict's key. */
function jsonKey([type, value]: Desc): string {
  return type === "null" ? "null" : String(value);
}

/** A Date where that is enough: for an aware one in UTC without microseconds of its own. */
function datetime(iso: string, offsetMinutes: number | null, fold: 0 | 1 = 0): Date {
  const [, millisecond = "0", microsecond = "0"] = /\.(\d{3})(\d{3})$/.exec(iso) ?? [];
  const time = instant(iso, offsetMinutes ?? 0) + Number(millisecond);
  const offset = offsetMinutes === null ? undefined : Math.round(offsetMinutes * 60);
  if (Number(microsecond) === 0 && offset === 0 && fold === 0) return new Date(time);
  return new PyDatetime(time, Number(microsecond), offset, fold);
}

/** Milliseconds since 1970, to the second. */
function instant(iso: string, offsetMinutes: number): number {
  const [, year, rest] = /^(\d+)(-.*)$/.exec(iso)!;
  const [, month, day, hour, minute, second] = /^-(\d+)-(\d+)T(\d+):(\d+):(\d+)/.exec(rest!)!.map(Number);
  const date = new Date(0);
  date.setUTCFullYear(Number(year), month! - 1, day);
  date.setUTCHours(hour!, minute, second);
  return date.getTime() - Math.round(offsetMinutes * 60) * 1000;
}

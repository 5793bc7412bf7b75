import { Markup, PyFloat, Tuple, Uuid } from "hipflask/codec";

/** Typed Python values as the vectors write them; see test/vectors/README.md. */
export type Desc = [type: string, ...rest: any[]];

/** The JavaScript value for a Python value; undefined-safe only for what a session can hold. */
export function fromDesc(desc: Desc): unknown {
  const [type, value] = desc;
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
      return (value as Desc[]).map(fromDesc);
    case "tuple":
      return new Tuple((value as Desc[]).map(fromDesc));
    case "dict":
      return Object.fromEntries((value as [Desc, Desc][]).map(([k, v]) => [pythonKey(k), fromDesc(v)]));
    case "bytes":
      return new Uint8Array(Buffer.from(value, "hex"));
    case "uuid":
      return new Uuid(value);
    case "datetime":
      return new Date(instant(value, desc[2] ?? 0));
    default:
      throw new Error(`A session holds no ${type}`);
  }
}

/** What JSON makes of a Python dict's key. */
function pythonKey([type, value]: Desc): string {
  return type === "null" ? "null" : String(value);
}

function instant(iso: string, offsetMinutes: number): number {
  const [, year, rest] = /^(\d+)(-.*)$/.exec(iso)!;
  const [, month, day, hour, minute, second] = /^-(\d+)-(\d+)T(\d+):(\d+):(\d+)/.exec(rest!)!.map(Number);
  const date = new Date(0);
  date.setUTCFullYear(Number(year), month! - 1, day);
  date.setUTCHours(hour!, minute, second);
  return date.getTime() - offsetMinutes * 60_000;
}

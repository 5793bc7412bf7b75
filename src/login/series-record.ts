import { isDict } from "../encoding/plain.ts";

/** What is stored of a series of remember-me tokens. */
export interface SeriesState {
  readonly user: string;
  /** The digest of the token that is good. */
  readonly current: string;
  /** The digest of the one before; empty where there was none. */
  readonly previous: string;
  /** What the current token was made of, beside the previous one. */
  readonly salt: string;
  /** When the previous one was used, in milliseconds since 1970. */
  readonly used: number;
  /** What the application has called the device; undefined where it has not. */
  readonly device?: string | undefined;
}

export function writeSeries(state: SeriesState): Uint8Array {
  return Buffer.from(JSON.stringify(state), "utf8");
}

/** Undefined for what is no series. */
export function readSeries(data: Uint8Array): SeriesState | undefined {
  let state: unknown;
  try {
    state = JSON.parse(Buffer.from(data).toString("utf8"));
  } catch {
    return undefined;
  }
  const isSeries =
    isDict(state) &&
    ["user", "current", "previous", "salt"].every((key) => typeof state[key] === "string") &&
    typeof state["used"] === "number" &&
    ["string", "undefined"].includes(typeof state["device"]);
  return isSeries ? (state as unknown as SeriesState) : undefined;
}

import { unique } from "./file-system.ts";

/** A state of a cell. Times are milliseconds since 1970. */
export interface Slot {
  readonly name: string;
  /** How many names the slot has had. */
  readonly moves: number;
  readonly version: string;
  readonly expires: number;
  readonly seen: number;
}

export const VERSION: RegExp = /^\d+-[0-9a-f]{32}$/;
export const SLOT: RegExp = /^(\d+)\.(\d+-[0-9a-f]{32})\.(-?\d+)\.(-?\d+)$/;

/** A version that the move of this number is to publish. */
export function newVersion(move: number): string {
  return `${move}-${unique()}`;
}

export function slotOf(moves: number, version: string, expires: number, seen: number): Slot {
  return { name: `${moves}.${version}.${expires}.${seen}`, moves, version, expires, seen };
}

/** The slot among the names in a cell. */
export function slotIn(names: readonly string[]): Slot | undefined {
  for (const name of names) {
    const [, moves, version, expires, seen] = SLOT.exec(name) ?? [];
    if (version !== undefined) return slotOf(Number(moves), version, Number(expires), Number(seen));
  }
  return undefined;
}

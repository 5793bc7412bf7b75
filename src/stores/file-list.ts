import { relative } from "node:path";
import type { Layout } from "./file-layout.ts";

/** The path of a cell below the folder of sessions: what a list of all of them goes by. */
export function placeOf(layout: Layout, cell: string): string {
  return relative(layout.sessions, cell);
}

/** All cells after a place, in the order of their places; one folder is read at a time. */
export async function* cellsAfter(layout: Layout, place: string): AsyncGenerator<string> {
  const isBefore = (folder: string): boolean => {
    const path = placeOf(layout, folder);
    return path < place.slice(0, path.length);
  };
  for (const shard of await layout.shards()) {
    if (isBefore(shard)) continue;
    for (const group of await layout.groups(shard)) {
      if (isBefore(group)) continue;
      for (const cell of await layout.cells(group)) if (placeOf(layout, cell) > place) yield cell;
    }
  }
}

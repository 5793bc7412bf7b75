import { isDict } from "../encoding/plain.ts";
import { parsePythonJson } from "../encoding/python-json-parse.ts";
import { RESERVED } from "../session/reserved.ts";
import type { PathChange } from "./report.ts";

const DEEPEST = 6;
/** A key may come from a visitor. */
const LONGEST = 200;

/** The session's own keys as the application knows them. */
const NAMES: Readonly<Record<string, string>> = {
  [RESERVED.user]: "session.user",
  [RESERVED.permanent]: "session.permanent",
  [RESERVED.flashes]: "the flash messages",
};
/** Those that it does not know. */
const HIDDEN: ReadonlySet<string> = new Set(Object.values(RESERVED).filter((key) => !(key in NAMES)));

/** Where two texts of a session differ: paths, and no values. */
export function changedPaths(before: string, after: string): PathChange[] {
  if (before === after) return [];
  const changes: PathChange[] = [];
  compare(parsePythonJson(before, "keep"), parsePythonJson(after, "keep"), "", changes);
  return changes.filter(({ path }) => !HIDDEN.has(path)).map(named);
}

function named({ path, how }: PathChange): PathChange {
  return { path: NAMES[path] ?? path.slice(0, LONGEST), how };
}

function compare(before: unknown, after: unknown, path: string, changes: PathChange[]): void {
  if (before === undefined || after === undefined) {
    changes.push({ path, how: before === undefined ? "added" : "removed" });
    return;
  }
  const depth = path.split(".").length;
  if (!isPlain(before) || !isPlain(after) || depth >= DEEPEST) {
    if (JSON.stringify(before) !== JSON.stringify(after)) changes.push({ path, how: "changed" });
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (own(before, key) === undefined && own(after, key) === undefined) continue;
    compare(own(before, key), own(after, key), path === "" ? key : `${path}.${key}`, changes);
  }
}

type Dict = Readonly<Record<string, unknown>>;

/** A dict whose keys are the application's; one with a single key that begins with a blank stands for another value. */
function isPlain(value: unknown): value is Dict {
  return isDict(value) && !(Object.keys(value).length === 1 && Object.keys(value)[0]!.startsWith(" "));
}

function own(dict: Dict, key: string): unknown {
  return Object.hasOwn(dict, key) ? dict[key] : undefined;
}

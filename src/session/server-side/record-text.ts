import { type Dict, DICT } from "../../codec/tagged-json.ts";
import { isDict, setOwn } from "../../encoding/plain.ts";
import { stringifyPythonJson } from "../../encoding/python-json.ts";
import { parsePythonJson } from "../../encoding/python-json-parse.ts";
import { RESERVED, withOwn } from "../reserved.ts";
import type { SessionKey } from "../store.ts";

/** The text of a session with other values under some of its own keys; undefined takes a key out. */
export function withMeta(text: string, meta: Readonly<Record<string, unknown>>): string {
  const dict = unescaped(parsePythonJson(text, "keep") as Dict);
  for (const [key, value] of Object.entries(meta)) {
    if (value === undefined) delete dict[key];
    else setOwn(dict, key, value);
  }
  return stringifyPythonJson(dict, { sortKeys: true });
}

/** A session of one key that looks like a tag stands in its text as one that is none. Beside another key it looks like none. */
function unescaped(dict: Dict): Dict {
  const inner = Object.keys(dict).length === 1 ? dict[DICT] : undefined;
  return isDict(inner)
    ? Object.fromEntries(Object.entries(inner).map(([key, value]) => [key.slice(0, -2), value]))
    : dict;
}

/** What stays under the old ID of a session that got a new one. */
export function retiredText(text: string, successor: SessionKey, keepData: boolean): string {
  const kept = keepData ? text : withOnly(text, RESERVED.created);
  const key = keyToJson(successor);
  return withMeta(kept, { [RESERVED.successor]: keepData ? key : [...key, CLOSED] });
}

/** Behind a successor: what was here may not even be read. */
const CLOSED = 0;

/** Whether a session that got a new ID has left nothing under the old one. */
export function isClosed(text: string): boolean {
  const json = metaOf(text, RESERVED.successor);
  return Array.isArray(json) && Number(json[2]) === CLOSED;
}

/** What stands under the new one: `text`, and where it was until `now`, in seconds since 1970. */
export function renamedText(text: string, predecessor: SessionKey, now: number): string {
  return withMeta(text, { [RESERVED.predecessor]: [...keyToJson(predecessor), now] });
}

/** The session that this one has become, if it got a new ID. */
export function successorOf(text: string): SessionKey | undefined {
  return keyFromJson(metaOf(text, RESERVED.successor));
}

/** The session that this one was at `since` or later, in seconds since 1970. */
export function predecessorOf(text: string, since: number): SessionKey | undefined {
  const json = metaOf(text, RESERVED.predecessor);
  return Array.isArray(json) && Number(json[2]) >= since ? keyFromJson(json) : undefined;
}

function metaOf(text: string, key: string): unknown {
  // Most sessions have none, and need not be parsed to see that.
  if (!text.includes(`"${key}":`)) return undefined;
  const dict = parsePythonJson(text, "keep") as Dict;
  return Object.hasOwn(dict, key) ? dict[key] : undefined;
}

function keyToJson({ id, owner }: SessionKey): (string | null)[] {
  return [id, owner ?? null];
}

function keyFromJson(json: unknown): SessionKey | undefined {
  if (!Array.isArray(json) || typeof json[0] !== "string") return undefined;
  return { id: json[0], owner: typeof json[1] === "string" ? json[1] : undefined };
}

function withOnly(text: string, key: string): string {
  const dict = parsePythonJson(text, "keep") as Dict;
  return stringifyPythonJson(withOwn(dict, [key]), { sortKeys: true });
}

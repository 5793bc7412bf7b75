import { type Dict, DICT, type TaggedJson } from "../codec/tagged-json.ts";
import { isDict, setOwn } from "../encoding/plain.ts";
import { PyFloat } from "../encoding/py-float.ts";
import { stringifyPythonJson } from "../encoding/python-json.ts";
import { parsePythonJson } from "../encoding/python-json-parse.ts";
import { RESERVED } from "./reserved.ts";

/** Merges the texts of sessions. */
export class TextMerger {
  readonly #json: Pick<TaggedJson, "isTag" | "sortKeys">;
  /** What was written last: the next one in a line of writes goes on from it. */
  #last: { readonly text: string; readonly dict: Dict } | undefined;

  /** @param json what the texts are read and written with */
  constructor(json: Pick<TaggedJson, "isTag" | "sortKeys">) {
    this.#json = json;
  }

  /**
   * The texts of two sessions that both began as `base`, as one: where we changed something it is ours, elsewhere theirs,
   * path by path. Lists and single values count whole; only of the flash messages, a list too, none is lost.
   *
   * What they deleted and we changed comes back as we have it: a change that was acknowledged is never lost.
   */
  merge(base: string, ours: string, theirs: string): string {
    return this.merging(base, ours)(theirs);
  }

  /** As {@link merge}, for one after the other of their texts. */
  merging(base: string, ours: string): (theirs: string) => string {
    let changes: Change[] | undefined;
    return (theirs) => {
      if (ours === base) return theirs;
      if (theirs === base) return ours;
      changes ??= changesOf(this.#parse(base), this.#parse(ours));
      return this.#apply(changes, theirs);
    };
  }

  #parse(text: string): Dict {
    return this.#branch(parsePythonJson(text, "keep")) ?? {};
  }

  #apply(changes: readonly Change[], theirs: string): string {
    const dict = this.#last?.text === theirs ? this.#last.dict : this.#parse(theirs);
    this.#last = undefined;
    this.#change(dict, changes, this.#top);
    const text = stringifyPythonJson(this.#escaped(dict), { sortKeys: this.#json.sortKeys });
    this.#last = { text, dict };
    return text;
  }

  #change(dict: Dict, changes: readonly Change[], merge: Merge): void {
    for (const [key, base, ours] of changes) {
      const value = merge(base, ours, own(dict, key), key);
      if (value === undefined) delete dict[key];
      else setOwn(dict, key, value);
    }
  }

  readonly #values: Merge = (base, ours, theirs) => {
    if (isSame(base, theirs)) return ours;
    const [before, mine, their] = [this.#branch(base ?? {}), this.#branch(ours), this.#branch(theirs)];
    if (!before || !mine || !their) return ours;
    // What stands in a dict that was changed may stand in the changes themselves, which are made again elsewhere.
    const merged = { ...their };
    this.#change(merged, changesOf(before, mine), this.#values);
    return this.#escaped(merged);
  };

  /** What stands at the top, where one key is that of the messages. */
  readonly #top: Merge = (base, ours, theirs, key) => {
    const queues = [base ?? [], ours ?? [], theirs ?? []];
    return key === RESERVED.flashes && queues.every((queue) => Array.isArray(queue))
      ? mergeQueues(...(queues as [unknown[], unknown[], unknown[]]))
      : this.#values(base, ours, theirs, key);
  };

  /** The dict that a value stands for, whose keys are merged one by one; undefined for tagged values and all others. */
  #branch(value: unknown): Dict | undefined {
    if (!isDict(value)) return undefined;
    const only = onlyKey(value);
    if (only === undefined || !this.#json.isTag(only)) return value;
    const inner = only === DICT ? value[DICT] : undefined;
    const escaped = isDict(inner) ? onlyKey(inner) : undefined;
    return escaped === undefined ? undefined : { [escaped.slice(0, -2)]: (inner as Dict)[escaped] };
  }

  /** What is left of a dict may look like a tagged value, and must then be written as one that is none. */
  #escaped(dict: Dict): Dict {
    const only = onlyKey(dict);
    return only !== undefined && this.#json.isTag(only) ? { [DICT]: { [`${only}__`]: dict[only] } } : dict;
  }
}

/** What a key of a dict held, and holds now; undefined where it is not there. */
type Change = readonly [key: string, base: unknown, ours: unknown];

/** What becomes of a value that we changed; undefined: nothing. */
type Merge = (base: unknown, ours: unknown, theirs: unknown, key: string) => unknown;

function changesOf(base: Dict, ours: Dict): Change[] {
  const changes: Change[] = [];
  for (const key of Object.keys(ours)) {
    const before = own(base, key);
    if (!isSame(before, ours[key])) changes.push([key, before, ours[key]]);
  }
  for (const key of Object.keys(base)) {
    if (!Object.hasOwn(ours, key)) changes.push([key, base[key], undefined]);
  }
  return changes;
}

/** Of a queue we have taken all that we saw, or nothing, and then added at its end. */
function mergeQueues(base: unknown[], ours: unknown[], theirs: unknown[]): unknown[] | undefined {
  const added = startsWith(ours, base) ? ours.slice(base.length) : undefined;
  const rest = added === undefined && startsWith(theirs, base) ? theirs.slice(base.length) : theirs;
  const merged = [...rest, ...(added ?? ours)];
  return merged.length > 0 ? merged : undefined;
}

function startsWith(list: readonly unknown[], start: readonly unknown[]): boolean {
  return start.every((item, index) => isSame(item, list[index]));
}

function onlyKey(dict: Dict): string | undefined {
  const keys = Object.keys(dict);
  return keys.length === 1 ? keys[0] : undefined;
}

function own(dict: Dict, key: string): unknown {
  return Object.hasOwn(dict, key) ? dict[key] : undefined;
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && startsWith(a, b);
  if (a instanceof PyFloat) return b instanceof PyFloat && Object.is(a.value, b.value);
  if (!isDict(a) || !isDict(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
  );
}

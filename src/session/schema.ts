import { type Dict, Tuple } from "../codec/index.ts";
import { isDict, setOwn } from "../encoding/plain.ts";
import { ConfigError } from "../errors.ts";

/**
 * The part of the Standard Schema specification (https://standardschema.dev, version 1) that a session needs: any schema
 * of Zod, Valibot, ArkType and others fits.
 */
export interface StandardSchema<Output = unknown> {
  /** What the specification puts there. Applications need not look at it. */
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type PathSegment = PropertyKey | { readonly key: PropertyKey };

interface Issue {
  readonly message: string;
  readonly path?: readonly PathSegment[] | undefined;
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

/** What a schema made of stored data. */
export interface Fitted {
  readonly data: Dict;
  /** Keys that did not fit and got their defaults. */
  readonly replaced: readonly string[];
  /** The data of an empty session; undefined where the schema answers at once, so that it can be asked when needed. */
  readonly empty: Dict | undefined;
}

/**
 * Stored data as the schema wants it. Data outlives the code that wrote it, so a shape that no longer fits is no error: the
 * keys that do not fit get their defaults and the others stay.
 *
 * @throws ConfigError when the schema refuses an empty session, which every visitor starts with
 */
export async function fit(schema: StandardSchema, stored: Dict): Promise<Fitted> {
  const answer = ask(schema, stored);
  const empty = answer instanceof Promise ? emptied(await schema["~standard"].validate({})) : undefined;
  const result = await answer;
  if (!result.issues) return { data: copyData(result.value), replaced: [], empty };
  const widened = withBigInts(stored, result.issues);
  const better = widened === undefined ? result : await ask(schema, widened);
  if (!better.issues) return { data: copyData(better.value), replaced: [], empty };
  const { issues } = better;
  const known = widened ?? stored;
  const replaced = new Set(issues.flatMap((issue) => topKey(issue) ?? []));
  const again = await ask(schema, without(known, replaced, issues));
  if (!again.issues) return { data: copyData(again.value), replaced: [...replaced], empty };
  return { ...(await fitOneByOne(schema, known)), empty };
}

/** What a schema says. One that throws, because it takes what it is given for better than it is, says that something does not fit. */
function ask(schema: StandardSchema, value: unknown): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  try {
    const answer = schema["~standard"].validate(value);
    return answer instanceof Promise ? answer.catch(() => THROWN) : answer;
  } catch {
    return THROWN;
  }
}

const THROWN: SchemaResult<unknown> = { issues: [{ message: "The schema threw." }] };

/** With a bigint at each place where a whole number does not fit: a small one is stored as every number is. Undefined where there is none. */
function withBigInts(stored: Dict, issues: readonly Issue[]): Dict | undefined {
  const copied = copyData(stored);
  let isWidened = false;
  for (const { path = [] } of issues) {
    const keys = path.map((segment) => (typeof segment === "object" ? segment.key : segment));
    const last = keys.pop();
    const holder = keys.reduce<unknown>(childOf, copied);
    const number = last === undefined ? undefined : childOf(holder, last);
    if (!Number.isSafeInteger(number)) continue;
    (holder as Dict)[last as string] = BigInt(number as number);
    isWidened = true;
  }
  return isWidened ? copied : undefined;
}

function childOf(holder: unknown, key: PropertyKey): unknown {
  const isHolder = typeof holder === "object" && holder !== null && Object.hasOwn(holder, key);
  return isHolder ? (holder as Record<PropertyKey, unknown>)[key] : undefined;
}

/** Where a schema does not say what does not fit: whatever it takes beside what it took before. */
async function fitOneByOne(schema: StandardSchema, stored: Dict): Promise<Omit<Fitted, "empty">> {
  let data = emptied(await schema["~standard"].validate({}));
  let taken: Dict = {};
  /** What the schema does not know, or does not want. */
  const refused: string[] = [];
  /** What it threw at. */
  const spoiled: string[] = [];
  for (const key of Object.keys(stored)) {
    const more = { ...taken };
    setOwn(more, key, stored[key]);
    const result = await ask(schema, more);
    if (result.issues) {
      (result === THROWN ? spoiled : refused).push(key);
      continue;
    }
    taken = more;
    data = copyData(result.value);
  }
  return { data, replaced: [...spoiled, ...refused.filter((key) => Object.hasOwn(data, key))] };
}

/**
 * The data of an empty session, fresh for each.
 *
 * @throws ConfigError as {@link fit}; also for a schema that answers later, which `fit` must be asked about
 */
export function emptyData(schema: StandardSchema): Dict {
  return emptied(schema["~standard"].validate({}));
}

function emptied(result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>): Dict {
  if (result instanceof Promise || result.issues) {
    throw new ConfigError(
      "The session schema refuses an empty session, which is what every visitor starts with. Make each field optional or give it a default.",
    );
  }
  return copyData(result.value);
}

/** What did not fit is left out; where a schema does not say what it was, Flask's own keys are, which a strict one refuses. */
function without(stored: Dict, keys: ReadonlySet<string>, issues: readonly Issue[]): Dict {
  const isPlaceless = issues.some((issue) => topKey(issue) === undefined);
  return Object.fromEntries(
    Object.entries(stored).filter(([key]) => !keys.has(key) && !(isPlaceless && key.startsWith("_"))),
  );
}

function topKey({ path }: Issue): string | undefined {
  const segment = path?.[0];
  return segment === undefined ? undefined : String(typeof segment === "object" ? segment.key : segment);
}

/** Data of one session alone: a schema may give everybody the same default, and applications change what they get. */
export function copyData(value: unknown): Dict {
  return copy(value) as Dict;
}

function copy(value: unknown): unknown {
  if (value instanceof Tuple) return new Tuple(Array.from(value, copy));
  if (Array.isArray(value)) return value.map(copy);
  if (!isDict(value)) return value;
  const dict: Dict = {};
  for (const key of Object.keys(value)) setOwn(dict, key, copy(value[key]));
  return dict;
}

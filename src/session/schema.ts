import { ConfigError } from "../errors.ts";
import type { Dict } from "../codec/index.ts";

/**
 * The part of the Standard Schema specification (https://standardschema.dev, version 1) that a session needs: any schema
 * of Zod, Valibot, ArkType and others fits.
 */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type PathSegment = PropertyKey | { readonly key: PropertyKey };

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly PathSegment[] | undefined;
      }[];
    };

/** What a schema made of stored data. */
export interface Fitted {
  readonly data: Dict;
  /** Keys that did not fit and got their defaults; undefined when all of them did. */
  readonly replaced?: readonly string[];
}

/**
 * Stored data as the schema wants it. Data outlives the code that wrote it, so a shape that no longer fits is no error: the
 * keys that do not fit get their defaults and the others stay.
 *
 * @throws ConfigError when the schema refuses an empty session, which every visitor starts with
 */
export async function fit(schema: StandardSchema, stored: Dict): Promise<Fitted> {
  const result = await schema["~standard"].validate(stored);
  if (!result.issues) return { data: result.value as Dict };
  const replaced = [...new Set(result.issues.map((issue) => topKey(issue.path?.[0])))];
  const rest = Object.fromEntries(Object.entries(stored).filter(([key]) => !replaced.includes(key)));
  for (const candidate of [rest, {}]) {
    const again = await schema["~standard"].validate(candidate);
    if (!again.issues) return { data: again.value as Dict, replaced };
  }
  throw new ConfigError(
    "The session schema refuses an empty session, which is what every visitor starts with. Make each field optional or give it a default.",
  );
}

function topKey(segment: PathSegment | undefined): string {
  return String(typeof segment === "object" ? segment.key : segment);
}

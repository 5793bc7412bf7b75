import { resolve } from "node:path";
import { UsageError } from "../io.ts";

/** Where a store is, as its URL says. */
export interface Address {
  readonly kind: string;
  /** For the driver: the URL without what is meant for the store. */
  readonly url: string;
  /** Of a file or folder; absolute. */
  readonly path: string;
  /** What stands behind the question mark and is meant for the store: `table`, `prefix`, `collection`, `endpoint`, `region`. */
  readonly options: Readonly<Partial<Record<Option, string>>>;
}

const OPTIONS = ["table", "prefix", "collection", "endpoint", "region"] as const;
type Option = (typeof OPTIONS)[number];

/** Other names of a kind. */
const ALIASES: Readonly<Record<string, string>> = {
  postgresql: "postgres",
  mariadb: "mysql",
  rediss: "redis",
  valkey: "redis",
  "mongodb+srv": "mongodb",
};

/**
 * Reads a store's URL. Messages never repeat it, because it may hold a password.
 *
 * @throws UsageError for what is no URL
 */
export function addressOf(text: string, cwd: string): Address {
  const [, scheme, rest] = /^([a-z][a-z0-9+-]+):(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || rest === undefined || rest === "")
    throw new UsageError(
      "That is no URL of a store. Write file:FOLDER, sqlite:FILE, or postgres://, mysql://, redis://, mongodb://, dynamodb:TABLE, memcached://.",
    );
  const name = scheme.toLowerCase();
  const [before, query = ""] = rest.split(/\?(.*)/s) as [string, string?];
  const kind = ALIASES[name] ?? name;
  if ((kind === "file" || kind === "sqlite") && /^\/\/[^/]/.test(before))
    throw new UsageError(
      `A path stands behind ${kind}: with one slash, or none: ${kind}:sessions, ${kind}:/var/lib/sessions.`,
    );
  const given = new URLSearchParams(query);
  const options = Object.fromEntries(
    OPTIONS.flatMap((option) => {
      const value = given.get(option);
      given.delete(option);
      return value === null ? [] : [[option, value]];
    }),
  );
  const left = given.size === 0 ? "" : `?${given}`;
  return {
    kind,
    url: `${name === "mariadb" ? "mysql" : name === "valkey" ? "redis" : scheme}:${before}${left}`,
    path: resolve(cwd, before.replace(/^\/\//, "")),
    options,
  };
}

import { ConfigError } from "../errors.ts";

/** What needs no escaping between quotes, and leaves room for the names of indexes. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,49}$/;

/**
 * The parts of a table's name, the schema first where it has one, each fit to stand between quotes in SQL.
 *
 * @throws ConfigError when one is no plain identifier, or there are more than `most`
 */
export function tableParts(table: string, most: 1 | 2): string[] {
  const parts = typeof table === "string" ? table.split(".") : [];
  if (parts.length > 0 && parts.length <= most && parts.every((part) => IDENTIFIER.test(part))) return parts;
  throw new ConfigError(
    `A table's name is up to 50 letters, digits and underscores, and begins with no digit${most === 2 ? "; a schema and a dot may stand before it" : ""}: table: "my_sessions".`,
  );
}

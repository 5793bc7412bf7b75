export interface Need {
  /** What tests call it. */
  readonly name: string;
  /** The Debian packages that bring it. */
  readonly packages: readonly string[];
  /** A file that is there when it is. */
  readonly file?: string;
  /** A module that Debian's Python can import when it is there. */
  readonly module?: string;
  /** The folder of the tests that need it. */
  readonly tests: string;
}

export const needs: readonly Need[];
/** The folder of PostgreSQL's programs; undefined where there is no server. */
export const postgresBin: string | undefined;
/** The program of MariaDB's server, if it is there. */
export const mariadbd: string;
export function missing(): Need[];

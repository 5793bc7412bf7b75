import { resolve } from "node:path";
import { ConfigError } from "../../errors.ts";
import { checkedPrefix } from "../prefix.ts";
import type { FlaskFileHash } from "./file-names.ts";

/** Where Flask-Session's files are, and how they were set up there. */
export interface FlaskFileStoreOptions {
  /** `SESSION_FILE_DIR`. Default: `flask_session` in the folder that the process was started in. */
  readonly directory?: string;
  /**
   * `SESSION_FILE_THRESHOLD`: with more files than this, those of ended sessions are removed as new ones are made. Python goes on from
   * there and removes live ones, those that end first; this store never does. 0: no limit, and no count. Default: 500.
   */
  readonly threshold?: number;
  /** `SESSION_FILE_MODE`: who may read and write the files. Default: `0o600`. */
  readonly mode?: number;
  /**
   * What the names of the files are made with: `sha256` as in cachelib 0.17, `md5` as in 0.15 and before. Sessions under the other
   * name are found too, and get this one when they are next written. Default: `sha256`.
   */
  readonly hash?: FlaskFileHash;
  /** What keys begin with: `SESSION_KEY_PREFIX`. Default: `session:`. */
  readonly prefix?: string;
}

const HASHES: readonly unknown[] = ["sha256", "md5"];
/** What the owner needs. */
const OWNER = 0o600;

/** All options, the path whole. @throws ConfigError for one that is not as above */
export function checkedOptions(options: FlaskFileStoreOptions): Required<FlaskFileStoreOptions> {
  const { directory = "flask_session", threshold = 500, mode = OWNER } = options;
  const { hash = "sha256", prefix = "session:" } = options;
  if (typeof directory !== "string" || directory === "") {
    throw new ConfigError("directory of a FlaskFileStore is the path of a folder: SESSION_FILE_DIR.");
  }
  if (!Number.isSafeInteger(threshold) || threshold < 0) {
    throw new ConfigError(
      "threshold of a FlaskFileStore is a number of files, or 0: SESSION_FILE_THRESHOLD.",
    );
  }
  if (!Number.isInteger(mode) || (mode & ~0o777) !== 0 || (mode & OWNER) !== OWNER) {
    throw new ConfigError(
      "mode of a FlaskFileStore is SESSION_FILE_MODE, a number such as 0o600: the owner at least must read and write.",
    );
  }
  if (!HASHES.includes(hash)) {
    throw new ConfigError('hash of a FlaskFileStore is "sha256" (cachelib 0.17) or "md5" (0.15 and before).');
  }
  checkedPrefix(prefix, "FlaskFileStore");
  return { directory: resolve(directory), threshold, mode, hash, prefix };
}

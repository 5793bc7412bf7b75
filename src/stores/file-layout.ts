import { Buffer } from "node:buffer";
import { lstat, mkdir, readdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConfigError } from "../errors.ts";
import type { SessionKey } from "../session/store.ts";
import { code, ignore, missing, syncUp } from "./file-system.ts";

/** The folder with the records, in the one that a store is given. */
export const RECORDS = "hipflask-sessions";
/** The folder beside it in which records are made and removed. */
export const WORK = "hipflask-work";

/**
 * Where everything is in the folder of a FileStore:
 *
 *     hipflask-sessions/<shard>/<owner or "visitors">/<id>    a cell for each record
 *     hipflask-work/                                          what is being made or removed, and the cleaner's lease
 *
 * A shard is two digits, so a million records are in 256 folders. Names are hexadecimal, because keys may differ in case only,
 * which some file systems do not see. What has any other name is somebody else's.
 */
export class Layout {
  readonly folder: string;
  readonly sessions: string;
  readonly work: string;

  /** `folder` is the path as the file system itself writes it. */
  private constructor(folder: string) {
    this.folder = folder;
    this.sessions = join(folder, RECORDS);
    this.work = join(folder, WORK);
  }

  /** Makes the folders that are missing. @throws ConfigError when somebody else owns one of them, or may write there */
  static async open(folder: string): Promise<Layout> {
    await ownFolder(folder);
    const layout = new Layout(await realpath(folder));
    await ownFolder(layout.sessions);
    await ownFolder(layout.work);
    return layout;
  }

  /** @throws TypeError when it is no key */
  cell({ id, owner }: SessionKey): string {
    const name = encode(id, ID);
    return owner === undefined
      ? join(this.sessions, name.slice(0, 2), VISITORS, name)
      : join(this.owned(owner), name);
  }

  /** The folder of an owner's cells. @throws TypeError when it is no owner */
  owned(owner: string): string {
    const name = encode(owner, OWNER);
    return join(this.sessions, name.slice(0, 2), name);
  }

  shards(): Promise<string[]> {
    return folders(this.sessions, /^[0-9a-f]{2}$/);
  }

  /** The folders in a shard: of each owner, and of visitors. */
  groups(shard: string): Promise<string[]> {
    return folders(shard, /^([0-9a-f]{36}|visitors)$/);
  }

  cells(group: string): Promise<string[]> {
    return folders(group, /^[0-9a-f]{66}$/);
  }

  /** Whether a folder of this name may be one of those above. */
  static isOwn(name: string): boolean {
    return /^([0-9a-f]+|visitors|hipflask-sessions)$/.test(name);
  }

  /** The key of the record in a cell. */
  key(cell: string): SessionKey {
    const group = basename(dirname(cell));
    return { id: decode(basename(cell), ID), owner: group === VISITORS ? undefined : decode(group, OWNER) };
  }
}

const VISITORS = "visitors";
/** Characters of a record's ID, and of an owner. */
const ID = 43;
const OWNER = 22;

function encode(text: string, length: number): string {
  if (typeof text !== "string" || text.length !== length || !/^[\w-]*$/.test(text)) {
    throw new TypeError("A key of a record is an id of 43 and an owner of 22 characters of base64url.");
  }
  return Buffer.from(text.padEnd(length + (-length & 3), "A"), "base64url").toString("hex");
}

function decode(name: string, length: number): string {
  return Buffer.from(name, "hex").toString("base64url").slice(0, length);
}

async function folders(folder: string, names: RegExp): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(missing)) ?? [];
  return entries
    .filter((entry) => entry.isDirectory() && names.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .toSorted();
}

async function ownFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    if (code(error) !== "EEXIST") throw error;
  });
  // Where a parent may not be read, its name in there gets to the disk when the system brings it.
  if (made !== undefined) await syncUp(dirname(path), dirname(made)).catch(ignore);
  const stats = await lstat(path);
  if (!stats.isDirectory()) {
    throw new ConfigError(
      `${path} is a file or a symbolic link. Give FileStore the path of a folder itself.`,
    );
  }
  if (stats.uid !== process.getuid!()) {
    throw new ConfigError(
      `${path} belongs to another user than this process. Give FileStore a folder of its own, or run: chown -R <this user> ${path}`,
    );
  }
  if ((stats.mode & 0o022) !== 0) {
    throw new ConfigError(`Other users may write to ${path}. Run: chmod go-w ${path}`);
  }
}

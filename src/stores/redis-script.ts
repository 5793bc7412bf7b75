import { Buffer } from "node:buffer";
import { digest } from "../crypto/digest.ts";

/** Lua that Redis runs as one step. */
export interface Script {
  readonly text: string;
  /** The name under which Redis remembers it. */
  readonly sha: string;
}

export function script(text: string): Script {
  return { text, sha: Buffer.from(digest("sha1", Buffer.from(text))).toString("hex") };
}

export const NOTHING: Script = script("return 0");

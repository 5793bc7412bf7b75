import type { Dict } from "../codec/index.ts";
import { MAX_DEPTH } from "../encoding/data-path.ts";
import { isDict } from "../encoding/plain.ts";
import { decodeUtf8 } from "../encoding/utf8.ts";
import { MalformedError } from "../errors.ts";

/** The object that JSON stands for. @throws MalformedError for anything else, and for what is nested too deeply */
export function parseDict(json: string | Uint8Array): Dict {
  const value = parseJson(json);
  if (!isDict(value)) throw new MalformedError("The session is not an object.");
  return value;
}

/** @throws MalformedError */
export function parseJson(json: string | Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(typeof json === "string" ? json : decodeUtf8(json));
  } catch {
    throw new MalformedError("The session is not JSON.");
  }
  checkDepth(value, 0);
  return value;
}

function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > MAX_DEPTH) throw new MalformedError("The session is nested too deeply.");
  for (const item of Object.values(value)) checkDepth(item, depth + 1);
}

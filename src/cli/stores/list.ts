import type { OwnedRecord, SessionStore } from "../../session/index.ts";
import { ownerTag } from "../../session/server-side/session-id.ts";
import { InterruptedError, type Io, print, UsageError } from "../io.ts";
import { asJson, printableLine } from "../json-text.ts";
import type { NamedKey } from "../keys.ts";
import { Progress } from "../progress.ts";
import { styleOf } from "../style.ts";
import { span } from "../times.ts";
import { pages } from "./pages.ts";
import { type RecordFacts, recordReader } from "./record.ts";

export interface ListOptions {
  readonly user?: string;
  readonly json?: true;
}

/** Writes a line for each session: a table for people, or JSON, an object a line. */
export async function list(
  store: SessionStore,
  keys: readonly NamedKey[] | undefined,
  { user, json }: ListOptions,
  io: Io,
): Promise<void> {
  const read = recordReader(keys);
  const progress = new Progress(io, "sessions");
  let hasHead = json === true;
  for await (const records of user === undefined ? all(store) : owned(store, user)) {
    if (!hasHead) await print(io.stdout, styleOf(io.stdout, io.env).bold(HEAD));
    hasHead = true;
    const sessions = records.map(read).filter(({ isSession }) => isSession);
    const now = Date.now() / 1000;
    const lines = sessions.map((session) => (json ? jsonLine(session) : tableLine(session, now)));
    if (lines.length > 0) await print(io.stdout, lines.join("\n"));
    // On a terminal the list itself shows how far it is.
    if (io.stdout.isTTY !== true) progress.add(sessions.length);
    if (io.signal?.aborted) break;
  }
  progress.end();
  if (io.signal?.aborted) throw new InterruptedError();
}

async function* all(store: SessionStore): AsyncGenerator<readonly OwnedRecord[]> {
  for await (const { records } of pages(store)) yield records;
}

async function* owned(store: SessionStore, user: string): AsyncGenerator<readonly OwnedRecord[]> {
  if (store.listOwned === undefined) throw new UsageError("This store cannot list a user's sessions.");
  yield await store.listOwned(ownerTag(user), new Date());
}

const HEAD = row("LAST SEEN", "ENDS IN", "USER", "DEVICE", "HANDLE");

function tableLine({ handle, user, device, seen, expires, content }: RecordFacts, now: number): string {
  const who = content === undefined ? "(cannot be read)" : (user ?? "-");
  const ago = `${span(Math.max(0, now - seen.getTime() / 1000))} ago`;
  return row(
    ago,
    span(expires.getTime() / 1000 - now),
    printableLine(who),
    printableLine(device ?? "-"),
    handle,
  );
}

function row(seen: string, ends: string, user: string, device: string, handle: string): string {
  return `${seen.padEnd(15)}  ${ends.padEnd(11)}  ${user.padEnd(20)}  ${device.padEnd(20)}  ${handle}`;
}

/** Also of one that is shown alone. The content stands last, as it is. */
export function jsonLine(facts: RecordFacts, withContent = false): string {
  const { content, isSession: _, user = null, ...others } = facts;
  const text = JSON.stringify({ ...others, user, readable: content !== undefined });
  return withContent && content !== undefined ? `${text.slice(0, -1)},"content":${asJson(content)}}` : text;
}

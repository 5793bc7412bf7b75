import type { SessionStore } from "../../session/index.ts";
import { readHandle } from "../../session/server-side/session-id.ts";
import { EXIT, type Io, print, UsageError } from "../io.ts";
import { indented, printable, printableLine } from "../json-text.ts";
import type { NamedKey } from "../keys.ts";
import { styleOf } from "../style.ts";
import { moment } from "../times.ts";
import { jsonLine } from "./list.ts";
import { recordReader } from "./record.ts";

/** Shows one session with what it holds. */
export async function show(
  store: SessionStore,
  keys: readonly NamedKey[] | undefined,
  handle: string,
  { json }: { readonly json?: true },
  io: Io,
): Promise<void> {
  const key = readHandle(handle);
  if (key === undefined)
    throw new UsageError("That is no handle. `sessions list` shows them, and `decode` tells a cookie's.");
  const record = await store.load(key, new Date());
  if (record === undefined) {
    io.exitCode = EXIT.bad;
    return print(io.stderr, "There is no such session (any more).");
  }
  const facts = recordReader(keys)({ ...record, key });
  if (json) return print(io.stdout, indented(jsonLine(facts, true)));
  const { dim } = styleOf(io.stdout, io.env);
  const now = Date.now() / 1000;
  const rows: [string, string | undefined][] = [
    ["user", printableLine(facts.user ?? "-")],
    ["device", facts.device && printableLine(facts.device)],
    ["created", facts.created && moment(facts.created.getTime() / 1000, now)],
    ["last seen", moment(facts.seen.getTime() / 1000, now)],
    ["ends", moment(facts.expires.getTime() / 1000, now)],
    ["size", `${facts.bytes} bytes`],
    [
      "content",
      facts.content === undefined
        ? "cannot be read: encrypted records need --encrypted and their key"
        : indented(facts.content),
    ],
  ];
  for (const [label, text] of rows)
    if (text !== undefined) await print(io.stdout, `${dim(label.padEnd(9))}  ${printable(text)}`);
}

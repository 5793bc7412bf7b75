import type { SessionKey } from "hipflask";

/** How many records the writers share. */
export const RECORDS = 3;

export function recordKey(index: number): SessionKey {
  return { id: `record-${index}`.padEnd(43, "_"), owner: undefined };
}

/** How far each writer has counted in a record. */
export function counts(text: string): Record<string, number> {
  return JSON.parse(text.slice(0, text.indexOf("\n")));
}

/** A record's text in which `name` has counted one further. Its length changes each time, up to 200 KB. */
export function withCount(
  before: Record<string, number>,
  name: string,
): { readonly text: string; readonly count: number } {
  const count = (before[name] ?? 0) + 1;
  return { text: written({ ...before, [name]: count }), count };
}

/** The text that counts stand in, followed by what follows from them and by nothing else. */
export function written(after: Record<string, number>): string {
  const sum = Object.values(after).reduce((total, one) => total + one, 0);
  return `${JSON.stringify(after)}\n${String(sum % 10).repeat((sum * 7919) % (sum % 20 === 0 ? 200_000 : 5000))}`;
}

/** @throws Error when the bytes are not those of one `written`: torn, or of two writes */
export function checkedText(data: Uint8Array): string {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(data);
  if (written(counts(text)) !== text) throw new Error("A record is torn.");
  return text;
}

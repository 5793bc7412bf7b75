/** The most that anything sends to these pages, in bytes. */
export const LARGEST = 65_536;

/** A request's body; undefined where it is larger than that. */
export async function textOf({ body }: Request): Promise<string | undefined> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > LARGEST) {
      // Not waited for: where somebody holds a copy of the body, it ends with that one.
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(next.value, { stream: true });
  }
  return text + decoder.decode();
}

import { textOf } from "../body.ts";

/** The fields of a form; of one that a framework's parser has read before, too. */
export async function fieldsOf(request: Request): Promise<URLSearchParams> {
  const text = (await textOf(request)) ?? "";
  if (!text.startsWith("{")) return new URLSearchParams(text);
  const fields = new URLSearchParams();
  try {
    for (const [name, value] of Object.entries(JSON.parse(text) as object)) fields.set(name, String(value));
  } catch {
    // It is no form.
  }
  return fields;
}

/** The most that a form of these pages has, in bytes. */
const LARGEST = 65_536;

/** The fields of a form; of one that a framework's parser has read before, too. */
export async function fieldsOf(request: Request): Promise<URLSearchParams> {
  const text = await request.text();
  if (text.length > LARGEST) return new URLSearchParams();
  if (!text.startsWith("{")) return new URLSearchParams(text);
  const fields = new URLSearchParams();
  try {
    for (const [name, value] of Object.entries(JSON.parse(text) as object)) fields.set(name, String(value));
  } catch {
    // It is no form.
  }
  return fields;
}

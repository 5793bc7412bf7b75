/** Every flipped bit, cut, insertion, omission and change of a character of a base64url value: more than 5000 texts that are not the value. */
export function tampered(value: string): string[] {
  const bytes = Buffer.from(value, "base64url");
  const texts = new Set<string>();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    texts.add(changed.toString("base64url"));
  }
  for (let at = 0; at <= value.length; at++) {
    texts.add(value.slice(0, at));
    texts.add(value.slice(at));
    for (const char of "AaZz09-_=+/. ~\n\u0000é") texts.add(value.slice(0, at) + char + value.slice(at));
    texts.add(value.slice(0, at) + value.slice(at + 1));
    for (const char of "AaQz09-_") texts.add(value.slice(0, at) + char + value.slice(at + 1));
  }
  texts.delete(value);
  return [...texts];
}

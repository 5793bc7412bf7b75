/** A value as the package `cookie` and its like read it: without quotes around it, percent-decoded where it is well-formed. Never throws. */
export function decodedValue(value: string): string {
  const bare = value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  if (!bare.includes("%")) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}

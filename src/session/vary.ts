/** Adds `Cookie` to a Vary header's value, as Werkzeug's `response.vary.add`: undefined when it is there already. */
export function varyWithCookie(value: string | undefined | null): string | undefined {
  if (!value) return "Cookie";
  const names = value.split(/[ \t]*,[ \t]*/).filter((name) => name !== "");
  if (names.some((name) => name.toLowerCase() === "cookie")) return undefined;
  return [...names, "Cookie"].join(", ");
}

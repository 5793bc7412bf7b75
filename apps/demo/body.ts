import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

/** The request's body: a JSON object, or nothing at all, which counts as an empty one. */
export async function jsonBody(c: Context): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  if (text === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return body as Record<string, unknown>;
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new HTTPException(400, { message: "The body must be a JSON object." });
}

/** What {@link jsonBody} holds under `key`, without blanks around it; "" where there is none. */
export function textField(body: Record<string, unknown>, key: string): string {
  const value = body[key];
  return typeof value === "string" ? value.trim() : "";
}

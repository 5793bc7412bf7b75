import type { CookieAttributes } from "hipflask";

/** The cookies that the demo sets beside the session, which anybody can read and edit, with their attributes. */
export const PLAIN_COOKIES = {
  mouse: { sameSite: "Lax" },
  theme: { sameSite: "Lax", maxAge: 30 * 24 * 60 * 60 },
  username: { sameSite: "Lax", maxAge: 30 * 24 * 60 * 60 },
  total: { sameSite: "Lax" },
  place: { sameSite: "Lax", maxAge: 30 * 24 * 60 * 60 },
} as const satisfies Record<string, CookieAttributes>;

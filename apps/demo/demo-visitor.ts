import { parseSetCookie, stringifyCookie } from "hipflask/cookie";
import type { Hono } from "hono";

/** A browser with one tab: sends what was set, and forgets what was deleted. */
export function visitorOf(app: Hono) {
  const jar = new Map<string, string>();
  return {
    jar,
    async ask(method: string, path: string, body?: object) {
      const headers = { Cookie: stringifyCookie(jar), ...(body && { "Content-Type": "application/json" }) };
      const response = await app.request(path, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      });
      const setCookies = response.headers.getSetCookie();
      for (const header of setCookies) {
        const { name, value, maxAge, expires } = parseSetCookie(header)!;
        if (maxAge === 0 || expires?.getTime() === 0) jar.delete(name);
        else jar.set(name, value);
      }
      return {
        status: response.status,
        headers: response.headers,
        setCookies,
        json: JSON.parse(await response.text()),
      };
    },
  };
}

export type Visitor = ReturnType<typeof visitorOf>;

/** What /inspect says of one cookie. */
export async function inspected({ ask }: Visitor, name = "session") {
  const { json } = await ask("GET", "/inspect");
  return json.cookies.find((cookie: { name: string }) => cookie.name === name);
}

import { ConfigError } from "../errors.ts";
import type { CookieJar } from "./jar.ts";

// A property of the request's own object costs next to nothing; a WeakMap of all requests in flight costs more than
// parsing their cookies. The name is the same in every copy of this module, as frameworks make where they bundle parts apart.
const JAR = Symbol.for("hipflask.cookies");

interface WithJar {
  [JAR]?: CookieJar;
}

/** For adapters: `cookies(context)` is this jar from now on. */
export function bindCookies(context: object, jar: CookieJar): void {
  (context as WithJar)[JAR] = jar;
}

/**
 * The cookies of the request and of its response.
 *
 * @param context what `sessions.get` takes: the framework's context or request
 * @example
 * const jar = cookies(c);
 * jar.get("theme"); // what the browser sent
 * jar.set("theme", "dark", { maxAge: 30 * 24 * 60 * 60 });
 * @throws ConfigError when no adapter has seen the request
 */
export function cookies(context: object): CookieJar {
  const jar = (context as WithJar | undefined)?.[JAR];
  if (jar === undefined) {
    throw new ConfigError(
      "There are no cookies for this request. Let an adapter see it first (for example app.use(honoSessions(sessions))), and pass what the framework gives the handler.",
    );
  }
  return jar;
}

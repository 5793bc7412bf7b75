import { cookies, StoreError } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { type Account, isAccountId } from "./accounts/accounts.ts";
import type { Logins } from "./accounts/logins.ts";
import type { Place } from "./place.ts";
import { PLAIN_COOKIES } from "./plain-cookies.ts";

/** The place that a visitor leaves does not give out what they have there. */
export class LeftBehind extends Error {}

interface Luggage {
  readonly data: object;
  readonly flashes: readonly { category: string; message: unknown }[];
  readonly permanent: boolean;
  readonly account: Account | undefined;
  readonly remember: boolean;
  /** Who is logged in without an account. */
  readonly user: string | undefined;
}

/**
 * Moves a visitor's session, with the login, to another place; it ends where it was. Nothing has happened when it does not fit there.
 *
 * @param from undefined: the visitor begins anew
 * @throws LeftBehind, and whatever forbids the session to be kept there
 */
export async function move(
  c: Context,
  from: Place | undefined,
  to: Place,
  logins: Logins,
): Promise<Response> {
  // Each of the two has its own exchange of this one request, and the inner one commits first.
  const response = await within(from, c, async (there) => {
    const luggage = from && (await pack(there, from, logins));
    const moved = await within(to, c, async (here) => {
      if (luggage !== undefined) await unpack(here, to, luggage, logins);
      cookies(here).set("place", to.name, PLAIN_COOKIES.place);
      return here.json({ place: to.name });
    });
    if (moved.status !== 200) throw new HTTPException(503);
    if (from !== undefined) await leave(there, from, logins);
    return moved;
  });
  deletionsFirst(response.headers);
  return response;
}

/** Does work with a place's sessions, in a context of their own: their cookie has the name of the other place's. */
async function within(
  place: Place | undefined,
  c: Context,
  work: (c: Context) => Promise<Response>,
): Promise<Response> {
  if (place === undefined) return work(c);
  const app = new Hono().use(honoSessions(place.sessions)).all("*", work);
  app.onError((error) => {
    throw error;
  });
  return app.fetch(c.req.raw, c.env);
}

async function pack(c: Context, from: Place, logins: Logins): Promise<Luggage> {
  try {
    const session = await from.sessions.get(c);
    const auth = await logins.of(from);
    const account = await auth.currentUser(c);
    const { user } = session;
    return {
      data: Object.fromEntries(Object.entries(session.data).filter(([key]) => !key.startsWith("_"))),
      flashes: session.flashes(),
      permanent: session.permanent,
      account,
      remember: account !== undefined && (await auth.loginRemembered(c)),
      // An account's ID without its account is nobody's.
      user: user === undefined || isAccountId(user) ? undefined : user,
    };
  } catch (error) {
    if (error instanceof StoreError) throw new LeftBehind("The store failed.", { cause: error });
    throw error;
  }
}

async function unpack(c: Context, to: Place, luggage: Luggage, logins: Logins): Promise<void> {
  const { data, flashes, permanent, account, remember, user } = luggage;
  const session = await to.sessions.get(c);
  if (account !== undefined) await (await logins.of(to)).loginUser(c, account, { remember });
  else if (user !== undefined) await session.regenerate({ user });
  Object.assign(session.data, data);
  for (const { category, message } of flashes) session.flash(String(message), category);
  if (permanent) session.permanent = true;
}

async function leave(c: Context, from: Place, logins: Logins): Promise<void> {
  await (await logins.of(from)).logoutUser(c);
  const session = await from.sessions.get(c);
  if (!session.new) await session.destroy();
}

/** A browser obeys from first to last, and the session that ends has the same cookie as the one that begins. */
function deletionsFirst(headers: Headers): void {
  const setCookies = headers.getSetCookie();
  const isDeletion = (header: string) => /; (?:Max-Age=0|Expires=Thu, 01 Jan 1970)/.test(header);
  headers.delete("Set-Cookie");
  for (const header of setCookies.toSorted((a, b) => Number(isDeletion(b)) - Number(isDeletion(a))))
    headers.append("Set-Cookie", header);
}

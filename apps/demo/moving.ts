import { cookies, StoreError } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import type { Context } from "hono";
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
  await within(from, c, async () => {
    const luggage = from && (await pack(c, from, logins));
    await within(to, c, async () => {
      if (luggage !== undefined) await unpack(c, to, luggage, logins);
      cookies(c).set("place", to.name, PLAIN_COOKIES.place);
      c.res = c.json({ place: to.name });
    });
    if (c.res.status !== 200) throw new HTTPException(503);
    if (from !== undefined) await leave(c, from, logins);
  });
  deletionsFirst(c);
  return c.res;
}

async function within(place: Place | undefined, c: Context, work: () => Promise<void>): Promise<void> {
  if (place === undefined) return work();
  await honoSessions(place.sessions)(c, work);
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
function deletionsFirst(c: Context): void {
  const headers = c.res.headers.getSetCookie();
  const isDeletion = (header: string) => /; (?:Max-Age=0|Expires=Thu, 01 Jan 1970)/.test(header);
  c.res.headers.delete("Set-Cookie");
  for (const header of headers.toSorted((a, b) => Number(isDeletion(b)) - Number(isDeletion(a))))
    c.res.headers.append("Set-Cookie", header);
}

import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { type Login, safeNext } from "hipflask/login";
import { type Account, isAccountId, nameKey } from "../accounts/accounts.ts";
import { Attempts } from "../accounts/attempts.ts";
import { jsonBody, textField } from "../body.ts";
import type { Demo } from "../demo-places.ts";
import type { Place } from "../place.ts";

/** Seconds after which the password must be entered again before it can be changed. */
const FRESH = 10 * 60;

const attempts = new Attempts();

/** Accounts: signing up, logging in and out, remembered or not, on several devices, and a new password. */
export function accountRoutes(place: Place, { accounts, logins, passwords }: Demo): Hono {
  const app = new Hono();
  const { sessions } = place;
  const listsDevices = place.store?.listOwned !== undefined;

  app.get("/account", async (c) => {
    const auth = await logins.of(place);
    const account = await auth.currentUser(c);
    if (account === undefined) {
      // Of an account that has another ID by now.
      const { user } = await sessions.get(c);
      if (user !== undefined && isAccountId(user)) await auth.logoutUser(c);
      return c.json({ account: null });
    }
    return c.json({
      account: account.name,
      fresh: await isFresh(auth, c),
      remembered: await auth.loginRemembered(c),
      devices: listsDevices ? (await auth.devices(c)).map(shownDevice) : null,
    });
  });

  app.post("/account/sign-up", async (c) => {
    const body = await jsonBody(c);
    const name = textField(body, "name");
    if (name === "" || name.length > 80) throw refusal(400, "Give a name of 1 to 80 characters.");
    const password = newPassword(body, "password");
    // Who signs up under a name learns that it is taken; only an e-mail to its owner could hide that.
    const account = await accounts.create(name, await passwords.hash(password));
    if (account === undefined) throw refusal(409, "That name is taken.");
    return loggedIn(c, account, body);
  });

  app.post("/account/log-in", async (c) => {
    const body = await jsonBody(c);
    const account = await proven(textField(body, "name"), body);
    return loggedIn(c, account, body);
  });

  app.post("/account/log-out", async (c) => {
    await (await logins.of(place)).logoutUser(c);
    return c.json({ account: null });
  });

  app.post("/account/log-out-everywhere", async (c) => {
    const { auth, account } = await current(c);
    if ((await accounts.renew(account)) === undefined) throw changedMeanwhile();
    await auth.logoutUser(c);
    await endFormer(auth, account.id);
    return c.json({ account: null });
  });

  app.post("/account/confirm", async (c) => {
    const { auth, account } = await current(c);
    await proven(account.name, await jsonBody(c));
    await auth.confirmLogin(c);
    return c.json({ account: account.name, fresh: true });
  });

  app.post("/account/password", async (c) => {
    const { auth, account } = await current(c);
    if (!(await isFresh(auth, c))) throw refusal(403, "Enter your password again first.");
    const body = await jsonBody(c);
    const password = newPassword(body, "new_password");
    await proven(account.name, body);
    const changed = await accounts.renew(account, await passwords.hash(password));
    if (changed === undefined) throw changedMeanwhile();
    const remember = await auth.loginRemembered(c);
    // What the session holds is the same person's, although the ID is another one: so it is nobody's for a moment.
    await (await sessions.get(c)).regenerate({ user: null });
    await auth.loginUser(c, changed, { remember });
    await endFormer(auth, account.id);
    return c.json({ account: changed.name });
  });

  app.post("/account/devices/:id/end", async (c) => {
    const { auth } = await current(c);
    const device = listsDevices
      ? (await auth.devices(c)).find(({ id }) => id === c.req.param("id"))
      : undefined;
    if (device === undefined) throw refusal(404, "You are not logged in there.");
    await device.revoke();
    return c.json({ ended: device.device ?? null });
  });

  return app;

  /** Logs in, and says where to go: to `next`, if that is on this very site. */
  async function loggedIn(c: Context, account: Account, body: Record<string, unknown>): Promise<Response> {
    const auth = await logins.of(place);
    const device = textField(body, "device");
    await auth.loginUser(c, account, {
      remember: body["remember"] === true,
      ...(device === "" ? {} : { device }),
    });
    return c.json({ account: account.name, next: safeNext(body["next"], "/see/account") });
  }

  async function current(c: Context): Promise<{ auth: Login<Account>; account: Account }> {
    const auth = await logins.of(place);
    const account = await auth.currentUser(c);
    if (account === undefined) throw refusal(401, "Log in first.");
    return { auth, account };
  }

  /** The account of this name, if the body has its password; nobody learns which of both is wrong, nor by the time that it takes. */
  async function proven(name: string, body: Record<string, unknown>): Promise<Account> {
    const key = nameKey(name);
    if (!attempts.begin(key)) throw refusal(429, "Too many attempts. Wait a quarter of an hour.");
    const account = await accounts.byName(name);
    const isRight = await passwords.isRight(account?.password, passwordIn(body, "password"));
    if (account === undefined || !isRight) throw refusal(401, "Wrong name or password.");
    attempts.forget(key);
    return account;
  }

  /** Sessions that have the former ID are nobody's already, wherever they are. Where there is a list of them they go, too, and so do tokens. */
  async function endFormer(auth: Login<Account>, former: string): Promise<void> {
    if (place.kind !== "signed") await auth.logoutEverywhere(former);
  }

  /** Flask-Login keeps no time of the login. */
  function isFresh(auth: Login<Account>, c: Context): Promise<boolean> {
    return auth.loginFresh(c, place.kind === "signed" ? {} : { maxAge: FRESH });
  }
}

function shownDevice(device: Awaited<ReturnType<Login<Account>["devices"]>>[number]): object {
  return {
    id: device.id,
    device: device.device ?? null,
    since: device.createdAt.toISOString(),
    last_seen: device.lastSeenAt.toISOString(),
    current: device.isCurrent,
  };
}

/** As it was typed, blanks and all. */
function passwordIn(body: Record<string, unknown>, key: string): string {
  const password = body[key];
  return typeof password === "string" ? password.slice(0, 1000) : "";
}

function newPassword(body: Record<string, unknown>, key: string): string {
  const password = passwordIn(body, key);
  const { length } = [...password];
  if (length < 8 || length > 200) throw refusal(400, "A password has 8 to 200 characters.");
  return password;
}

function changedMeanwhile(): HTTPException {
  return refusal(409, "The account was changed at the same time.");
}

function refusal(status: 400 | 401 | 403 | 404 | 409 | 429, message: string): HTTPException {
  return new HTTPException(status, { message });
}

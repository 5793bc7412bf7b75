import { createCookieSessionStorage } from "react-router";
import { describe, expect, test } from "vitest";
import { OTHER_KEY } from "../../test/support/visitor.ts";
import { FlaskCookie } from "../codec/index.ts";
import { acceptFlask } from "../flask/index.ts";
import { ConfigError } from "../errors.ts";
import { signed, stored } from "../testing/adapters/storages.ts";
import { reactRouterSessionStorage } from "./react-router-storage.ts";

const ORIGIN = "http://localhost:3000/";
const request = (cookie = "") => new Request(ORIGIN, { headers: { cookie } });
const cookieOf = (setCookie: string) => setCookie.split(";")[0]!;

describe.each([signed, stored])("React Router's createSessionStorage over $name", (storage) => {
  test("does what React Router's own does, one request after the other", async () => {
    const ours = reactRouterSessionStorage<Record<string, unknown>>(storage.sessions());
    const theirs = createCookieSessionStorage<Record<string, unknown>>({ cookie: { secrets: ["s"] } });
    const cookies = { ours: "", theirs: "" };
    const steps: ((session: {
      has(name: string): boolean;
      get(name: string): unknown;
      set(name: string, value: unknown): void;
      flash(name: string, value: unknown): void;
      unset(name: string): void;
    }) => unknown)[] = [
      (session) => session.set("user", "ada"),
      (session) => session.flash("notice", "Saved"),
      (session) => [
        session.has("notice"),
        session.get("notice"),
        session.has("notice"),
        session.get("notice"),
      ],
      (session) => [session.get("notice"), session.get("user"), session.get("toString")],
      (session) => session.set("__proto__", { polluted: true }),
      (session) => session.get("__proto__"),
      (session) => (session.set("cart", ["tea"]), session.unset("user")),
      (session) => [session.get("user"), session.get("cart"), session.has("cart")],
      (session) => (session.flash("cart", "both"), session.get("cart")),
    ];
    for (const step of steps) {
      const [mine, their] = [
        await ours.getSession(request(cookies.ours)),
        await theirs.getSession(cookies.theirs),
      ];
      expect(step(mine)).toEqual(step(their));
      expect(Object.entries(mine.data)).toEqual(expect.arrayContaining(Object.entries(their.data)));
      const set = await ours.commitSession(mine);
      if (set !== "") cookies.ours = cookieOf(set);
      cookies.theirs = cookieOf(await theirs.commitSession(their));
    }
  });

  test("says nothing to the browser where its cookie is good as it is", async () => {
    const { getSession, commitSession } = reactRouterSessionStorage(storage.sessions());
    expect(await commitSession(await getSession(request()))).toBe("");
    const session = await getSession(request());
    session.set("user", "ada");
    const cookie = cookieOf(await commitSession(session));
    expect(await commitSession(await getSession(request(cookie)))).toBe("");
  });

  test("a lifetime makes the session permanent", async () => {
    const { getSession, commitSession } = reactRouterSessionStorage(storage.sessions());
    const session = await getSession(request());
    session.set("user", "ada");
    expect(await commitSession(session, { maxAge: 60 })).toMatch(/Expires=|Max-Age=/i);
  });

  test("is ended by destroySession", async () => {
    const { getSession, commitSession, destroySession } = reactRouterSessionStorage(storage.sessions());
    const session = await getSession(request());
    session.set("user", "ada");
    const cookie = cookieOf(await commitSession(session));
    const set = await destroySession(await getSession(request(cookie)));
    expect(set).toMatch(/^session=;.*(?:Max-Age=0|Expires=Thu, 01 Jan 1970)/i);
    if (storage.isStored) expect((await getSession(request(cookie))).has("user")).toBe(false);
  });

  test("with the Cookie header alone the cookie is one for https", async () => {
    const { getSession, commitSession } = reactRouterSessionStorage(storage.sessions());
    const session = await getSession(null);
    session.set("user", "ada");
    const set = await commitSession(session);
    expect(set).toMatch(/^__Host-session=.*; Secure/);
    expect((await getSession(cookieOf(set))).get("user")).toBe("ada");
  });

  test("a session that is taken over gets a cookie of ours where a store ends it, or else the middleware is needed", async () => {
    const accept = [acceptFlask({ SECRET_KEY: OTHER_KEY, SESSION_COOKIE_NAME: "flask" })];
    const sessions = storage.sessions({ accept });
    if (storage !== stored) {
      // After a logout the old cookie would still be there.
      expect(() => reactRouterSessionStorage(sessions)).toThrow(ConfigError);
      return;
    }
    const { getSession, commitSession } = reactRouterSessionStorage(sessions);
    const session = await getSession(request(`flask=${new FlaskCookie(OTHER_KEY).seal('{"user":"ada"}')}`));
    expect(session.get("user")).toBe("ada");
    const set = await commitSession(session);
    expect((await getSession(request(cookieOf(set)))).get("user")).toBe("ada");
  });

  test("takes no session of somebody else's", async () => {
    const { commitSession } = reactRouterSessionStorage(storage.sessions());
    const foreign = await createCookieSessionStorage().getSession();
    await expect(commitSession(foreign as never)).rejects.toThrow(TypeError);
  });
});

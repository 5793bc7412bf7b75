import { expect, test } from "vitest";
import { KEY } from "../../test/support/visitor.ts";
import { cookies } from "../cookie/index.ts";
import { createLogin } from "../login/index.ts";
import { createSessions } from "../session/index.ts";
import { nextSessions } from "./next.ts";

test("a proxy sends visitors to the login with a whole URL, a route handler with a path", async () => {
  const sessions = createSessions({ secretKey: KEY });
  const auth = createLogin(sessions, { loadUser: (id) => ({ id }), loginView: "/login" });
  const answer = async (second: object) => {
    const headers = new Headers({ host: "shop.example" });
    const next = nextSessions(sessions, {
      headers: async () => headers,
      cookies: async () => ({ set: () => undefined }),
    });
    const guard = next.handler(async (_request: Request, _second: object) => {
      await auth.loginRequired(headers);
      return new Response();
    });
    return (await guard(new Request("https://shop.example/account?a=1"), second)).headers.get("Location");
  };
  const target = "/login?next=%2Faccount%3Fa%3D1";
  expect(await answer({ waitUntil: () => undefined })).toBe(`https://shop.example${target}`);
  expect(await answer({ params: Promise.resolve({}) })).toBe(target);
});

test("an action may change a session that was looked at before", async () => {
  const headers = new Headers({ host: "shop.example" });
  const set: unknown[] = [];
  const { getSession, action } = nextSessions(createSessions({ secretKey: KEY }), {
    headers: async () => headers,
    cookies: async () => ({ set: (...cookie: unknown[]) => void set.push(cookie) }),
  });
  const add = action(async (key: string) => {
    const { data } = await getSession();
    data[key] = true;
  });
  expect((await getSession()).data).toEqual({});
  await add("tea");
  expect(set).toHaveLength(1);
  expect((await getSession()).data).toEqual({ tea: true });
  await expect(add("milk")).rejects.toThrow(/server action made with action/);
  expect(set).toHaveLength(1);
});

test("a page sets no other cookie either", async () => {
  const headers = new Headers({ host: "shop.example", cookie: "theme=dark" });
  const { getSession } = nextSessions(createSessions({ secretKey: KEY }), {
    headers: async () => headers,
    cookies: async () => ({ set: () => undefined }),
  });
  await getSession();
  expect(cookies(headers).get("theme")).toBe("dark");
  expect(() => cookies(headers).set("theme", "light")).toThrow(/cannot reach the browser/);
});

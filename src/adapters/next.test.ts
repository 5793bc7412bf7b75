import { expect, expectTypeOf, onTestFinished, test, vi } from "vitest";
import { KEY } from "../../test/support/visitor.ts";
import { cookies } from "../cookie/index.ts";
import { createLogin } from "../login/index.ts";
import { createSessions } from "../session/index.ts";
import { nextSessions } from "./next.ts";

/** Where a guard sends a visitor who asks for this address. */
async function locationOf(request: Request, second: object, loginView = "/login"): Promise<string | null> {
  const sessions = createSessions({ secretKey: KEY });
  const auth = createLogin(sessions, { loadUser: (id) => ({ id }), loginView });
  const headers = new Headers({ host: "shop.example" });
  const next = nextSessions(sessions, {
    headers: async () => headers,
    cookies: async () => ({ set: () => undefined }),
  });
  const guard = next.handler(async (_request: Request, _second: object) => {
    await auth.loginRequired(headers);
    return new Response();
  });
  return (await guard(request, second)).headers.get("Location");
}

test("a proxy sends visitors to the login with a whole URL, a route handler with a path", async () => {
  const answer = (second: object) => locationOf(new Request("https://shop.example/account?a=1"), second);
  const target = "/login?next=%2Faccount%3Fa%3D1";
  expect(await answer({ waitUntil: () => undefined })).toBe(`https://shop.example${target}`);
  expect(await answer({ params: Promise.resolve({}) })).toBe(target);
});

test.for([
  // Next tells a proxy of its basePath, and a route handler only while it is built.
  ["a proxy", { waitUntil: () => undefined }, "/shop", "/shop/account", "https://shop.example/shop/login"],
  ["a route handler", { params: Promise.resolve({}) }, "", "/account", "/shop/login"],
] as const)(
  "under a basePath loginView and next are paths of the application, in %s",
  async ([, second, basePath, sent, login]) => {
    vi.stubEnv("__NEXT_ROUTER_BASEPATH", "/shop");
    onTestFinished(() => void vi.unstubAllEnvs());
    const nextUrl = { pathname: "/account", search: "?a=1", basePath };
    const located = (loginView: string) => {
      const request = new Request(`https://shop.example${sent}?a=1`);
      return locationOf(Object.assign(request, { nextUrl }), second, loginView);
    };
    expect(await located("/login")).toBe(`${login}?next=%2Faccount%3Fa%3D1`);
    expect(await located("https://id.example/")).toBe("https://id.example/?next=%2Faccount%3Fa%3D1");
  },
);

test("a route handler that takes no request has a type that Next's own check accepts", () => {
  const sessions = createSessions({ secretKey: KEY });
  const functions = { headers: async () => new Headers(), cookies: async () => ({ set: () => undefined }) };
  const GET = nextSessions(sessions, functions).handler(async () => new Response());
  expectTypeOf(GET).parameter(0).toEqualTypeOf<Request>();
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

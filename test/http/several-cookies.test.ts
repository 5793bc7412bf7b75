import { createServer } from "node:http";
import { createSessions, encryptedCookie } from "hipflask";
import { nodeSessions } from "hipflask/adapters/node";
import { reactRouterSessionStorage } from "hipflask/adapters/react-router-storage";
import { cookieFor, TestClient } from "hipflask/testing";
import { expect, test } from "vitest";
import { listen } from "../support/client.ts";
import { APPS, type Counted } from "../support/small-apps.ts";
import { KEY } from "../support/visitor.ts";

const withSeveral = (maxCookies: number) =>
  createSessions<Counted>({ secretKey: KEY, storage: encryptedCookie({ maxCookies }) });

/** Data of about so many bytes. */
const large = (length: number): Counted => Object.assign({ n: 1 }, { text: "x".repeat(length) });
const NAMES = ["session", "session.2", "session.3"];

test.each(Object.keys(APPS))(
  "a session in several cookies goes through %s, and leaves none behind",
  async (name) => {
    const sessions = withSeveral(3);
    const client = new TestClient(await APPS[name]!(sessions));
    await client.sessionTransaction(sessions, (session) => void Object.assign(session.data, large(8000)));
    const response = await client.get("/");
    expect(await response.json()).toMatchObject({ n: 2 });
    expect(response.headers.getSetCookie().map((header) => header.split("=", 1)[0])).toEqual(NAMES);
    expect(await (await client.get("/")).json()).toMatchObject({ n: 3 });
    await client.get("/logout");
    for (const cookie of NAMES) expect(await client.cookie(cookie)).toBeUndefined();
  },
);

test.each(Object.keys(APPS))("cookieFor names all cookies of a session, for %s", async (name) => {
  const sessions = withSeveral(3);
  const cookie = await cookieFor(sessions, large(4000), { user: "ada" });
  expect(cookie).toMatch(/^session=1-2\.[\w-]{8}\.[\w-]+; session\.2=2-2\.[\w-]{8}\.[\w-]+$/);
  const client = new TestClient(await APPS[name]!(sessions));
  const response = await client.get("/", { headers: { cookie } });
  expect(await response.json()).toMatchObject({ n: 2, user: "ada" });
});

test("three full cookies are what Node takes, unless it is told to take more", async () => {
  const sessions = withSeveral(4);
  const { origin } = await listen(
    createServer(
      nodeSessions(sessions, async (request, response) => {
        response.end(JSON.stringify((await sessions.get(request)).data.n));
      }),
    ),
  );
  const status = async (bytes: number) => {
    const cookie = await cookieFor(sessions, large(bytes));
    return [cookie.split("; ").length, (await fetch(origin, { headers: { cookie } })).status];
  };
  expect(await status(9000)).toEqual([3, 200]);
  expect(await status(12_000)).toEqual([4, 431]);
});

test("React Router's commitSession, which returns one header, is refused at once", () => {
  expect(() => reactRouterSessionStorage(withSeveral(2))).toThrow(/Use the middleware/);
  expect(() => reactRouterSessionStorage(withSeveral(1))).not.toThrow();
});

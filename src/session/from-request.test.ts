import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { newSession, signed, stored } from "../testing/adapters/storages.ts";
import { GoneError, HeadersSentError } from "../errors.ts";
import type { SessionEvent } from "./events.ts";
import type { SessionManager } from "./manager.ts";
import type { PlainRequest } from "./plain-request.ts";

/** A request of each kind, with this Cookie header. */
const KINDS: Record<string, (cookie: string) => PlainRequest> = {
  "Node's": (cookie) => ({ headers: { cookie, host: "localhost:3000" }, url: "/socket", socket: {} }),
  "Node's, over HTTP/2": (cookie) => ({
    headers: { cookie, ":authority": "localhost:3000" },
    url: "/socket",
  }),
  "the Fetch API's": (cookie) => new Request("http://localhost:3000/socket", { headers: { cookie } }),
};

describe.each(Object.entries(KINDS))("the session of a request that is %s", (_, request) => {
  test.each([signed, stored])("holds what was stored, and is read-only, with $name", async (storage) => {
    const sessions = storage.sessions();
    const cookie = await newSession(sessions, { cart: { items: ["tea"] } });
    const session = await sessions.fromRequest(request(`session=${cookie}`));
    expect([session.new, session.data]).toEqual([false, { cart: { items: ["tea"] } }]);
    const { data } = session;
    for (const change of [
      () => data["cart"].items.push("milk"),
      () => void (data["n"] = 1),
      () => session.clear(),
      () => session.flash("hello"),
    ])
      expect(change).toThrow(HeadersSentError);
    await expect(session.regenerate({ user: "ada" })).rejects.toThrow(/cannot reach the browser/);
    expect((await sessions.fromRequest(request(`session=${cookie}`))).data).toEqual({
      cart: { items: ["tea"] },
    });
  });

  test("is new where there is none", async () => {
    const sessions = stored.sessions();
    for (const cookie of ["", "session=x", `session=${"A".repeat(43)}`])
      expect((await sessions.fromRequest(request(cookie))).new).toBe(true);
  });

  test("can be changed and ended in a store, until it has ended", async () => {
    const sessions = stored.sessions();
    const cookie = `session=${await newSession(sessions, { n: 1 })}`;
    const session = await sessions.fromRequest(request(cookie));
    await session.update((data) => {
      data.n += 1;
    });
    expect(session.data).toEqual({ n: 2 });
    expect((await sessions.fromRequest(request(cookie))).data).toEqual({ n: 2 });

    const other = await sessions.fromRequest(request(cookie));
    await other.destroy();
    await expect(session.update((data) => void (data.n = 9))).rejects.toThrow(GoneError);
    await expect(other.update((data) => void (data.n = 1))).rejects.toThrow(HeadersSentError);
    expect((await sessions.fromRequest(request(cookie))).new).toBe(true);
  });
});

test("a cookie that only https may set is read on a WebSocket over TLS", async () => {
  const sessions = signed.sessions();
  const exchange = sessions.open({ cookie: undefined, host: "example.com", encrypted: true });
  (await exchange.session()).data["n"] = 1;
  await exchange.commit();
  const [cookie = ""] = exchange.jar.setCookies()[0]!.split(";");
  expect(cookie).toMatch(/^__Host-/);
  for (const scheme of ["https", "wss"]) {
    const headers = { cookie, host: "example.com" };
    expect((await sessions.fromRequest({ headers, url: `${scheme}://example.com/` })).data).toEqual({ n: 1 });
  }
  const overTls = { headers: { cookie, host: "example.com" }, socket: { encrypted: true } };
  expect((await sessions.fromRequest(overTls)).data).toEqual({ n: 1 });
});

const closings: [string, (sessions: SessionManager, cookie: string) => Promise<unknown>][] = [
  [
    "ends",
    async (sessions, cookie) =>
      (await sessions.fromRequest({ headers: { cookie, host: "localhost" } })).destroy(),
  ],
  [
    "gets a new ID",
    async (sessions, cookie) =>
      (await sessions.open({ cookie, host: "localhost", encrypted: false }).session()).regenerate(),
  ],
];
test.each(closings)("the socket of a session that %s can be found and closed", async (_, change) => {
  const sessions = stored.sessions();
  const open = new Map<string, () => void>();
  const close = ({ session }: SessionEvent) => open.get(session!)?.();
  sessions.on("session.ended", close);
  sessions.on("session.renewed", close);
  const server = createServer();
  server.on("upgrade", async (request: IncomingMessage, socket) => {
    const session = await sessions.fromRequest(request);
    if (session.new) {
      socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
      return;
    }
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
    open.set(session.id!, () => socket.end("bye"));
  });
  server.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");

  async function upgrade(cookie: string): Promise<{ first: string; rest: () => Promise<string> }> {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.setEncoding("utf8");
    socket.write(
      `GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: echo\r\nConnection: Upgrade\r\nCookie: ${cookie}\r\n\r\n`,
    );
    const [first] = await once(socket, "data");
    return { first, rest: async () => (await socket.toArray()).join("") };
  }

  expect((await upgrade("session=stranger")).first).toContain("401");
  const cookie = `session=${await newSession(sessions, { n: 1 })}`;
  const socket = await upgrade(cookie);
  expect(socket.first).toContain("101");
  await change(sessions, cookie);
  expect(await socket.rest()).toBe("bye");
});

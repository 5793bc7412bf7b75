/** What applications have beside their sessions: middleware that takes the response's methods over, and Socket.IO. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express, { type RequestHandler } from "express";
import { expect, onTestFinished, test } from "vitest";
import { expressSessions } from "../../src/adapters/express.ts";
import session from "../../src/express-session/index.ts";
import { createSessions, serverSide } from "../../src/index.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { Browser, OPTIONS, serve } from "../express-session/applications.ts";
import { listen } from "../support/client.ts";
import { faultyStore, sleep } from "../support/faulty-store.ts";
import { describeInstalled } from "../support/installed.ts";

/** A library of this folder's own. Not known by its types, because it may not be installed. */
const library = async (name: string): Promise<any> => import(/* @vite-ignore */ name);

/** A store that is slow to write, so that every response is held back. */
function slowStore() {
  return faultyStore(new MemoryStore(), async (operation, proceed) => {
    if (operation !== "load") await sleep(20);
    return proceed();
  });
}

describeInstalled("beside", "Beside other middleware", () => {
  const sessions = createSessions({ storage: serverSide(slowStore()) });

  test.for([
    ["expressSessions", expressSessions(sessions), sessions.get.bind(sessions)],
    ["the drop-in", session({ ...OPTIONS, store: slowStore() }), undefined],
  ] as const)("a file that compression sends is whole, before and after %s", async ([, ours, get]) => {
    const [{ default: compression }, { default: helmet }] = await Promise.all([
      library("compression"),
      library("helmet"),
    ]);
    const folder = mkdtempSync(join(tmpdir(), "hipflask-beside-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    // One that waits for nothing but us, and one that also waits for what compresses it.
    const texts = { small: "line\n".repeat(1000), large: "line\n".repeat(100_000) };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    const sendFile: RequestHandler = async (request, response) => {
      const data = get === undefined ? request.session : (await get(request)).data;
      Object.assign(data, { seen: true });
      response.type("text").sendFile(join(folder, String(request.params["name"])));
    };
    for (const chain of [
      [helmet(), compression(), ours],
      [helmet(), ours, compression()],
    ]) {
      const origin = await serve(express().use(chain).get("/:name", sendFile));
      for (const [name, text] of Object.entries(texts)) {
        const browser = new Browser(origin);
        const reply = await browser.send("GET", `/${name}`);
        expect([reply.status, reply.headers.get("Content-Encoding")]).toEqual([200, "gzip"]);
        expect((await reply.text()) === text).toBe(true);
        expect(browser.cookie).not.toBe("");
      }
    }
  });

  test("connect-flash and csrf-sync keep what they need in the drop-in's session", async () => {
    const [{ default: flash }, { csrfSync }] = await Promise.all([
      library("connect-flash"),
      library("csrf-sync"),
    ]);
    const { csrfSynchronisedProtection, generateToken } = csrfSync({
      getTokenFromRequest: ({ query }: { query: { token?: string } }) => query.token,
    });
    const app = express().use(session({ ...OPTIONS, store: slowStore() }), flash());
    app.get("/token", (request, response) => void response.json({ token: generateToken(request) }));
    app.use(csrfSynchronisedProtection);
    app.post("/say", (request, response) => {
      (request as unknown as { flash(kind: string, text: string): void }).flash("info", "Saved");
      response.redirect("/said");
    });
    app.get("/said", (request, response) => {
      response.json((request as unknown as { flash(kind: string): string[] }).flash("info"));
    });
    app.use(((error, _request, response, _next) => {
      response.status((error as { status?: number }).status ?? 500).end();
    }) satisfies express.ErrorRequestHandler);
    const browser = new Browser(await serve(app));
    const { token } = await browser.json("/token");
    expect((await browser.send("POST", "/say?token=wrong")).status).toBe(403);
    expect((await browser.send("POST", `/say?token=${token}`)).headers.get("Location")).toBe("/said");
    expect(await browser.json("/said")).toEqual(["Saved"]);
    expect(await browser.json("/said")).toEqual([]);
  });

  test.for(["polling", "websocket"])("Socket.IO has the session over %s", async (transport) => {
    const [{ Server }, { io }] = await Promise.all([library("socket.io"), library("socket.io-client")]);
    const middleware = session({ ...OPTIONS, store: slowStore() });
    const app = express().use(middleware);
    app.post("/login", (request, response) => {
      Object.assign(request.session, { user: "ada" });
      response.end();
    });
    app.get("/dump", (request, response) => void response.json(request.session));
    const server = createServer(app);
    const { origin, close } = await listen(server);
    const sockets = new Server(server);
    onTestFinished(async () => {
      await sockets.close();
      close();
    });
    sockets.engine.use(middleware);
    // Ours knows nothing of an upgrade, and disturbs nobody.
    sockets.engine.use(expressSessions(sessions));
    sockets.on("connection", (socket: any) => {
      socket.emit("hello", socket.request.session.user ?? null);
      socket.on("count", async (done: (count: number) => void) => {
        const { request } = socket;
        await request.session.reload();
        request.session.count = (request.session.count ?? 0) + 1;
        await request.session.save();
        done(request.session.count);
      });
    });
    const browser = new Browser(origin);
    await browser.send("POST", "/login");
    for (const [cookie, user] of [
      [browser.cookie, "ada"],
      ["", null],
    ] as const) {
      const options = {
        transports: [transport],
        extraHeaders: { cookie },
        forceNew: true,
        reconnection: false,
      };
      const socket = io(origin, options);
      onTestFinished(() => void socket.close());
      expect((await once(socket, "hello"))[0]).toBe(user);
      if (user !== null) expect(await socket.emitWithAck("count")).toBe(1);
    }
    expect(await browser.json("/dump")).toMatchObject({ user: "ada", count: 1 });
  });
});

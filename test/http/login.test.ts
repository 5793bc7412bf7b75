import { createServer, type Server } from "node:http";
import express, { type ErrorRequestHandler } from "express";
import express4 from "express4";
import { fastify } from "fastify";
import { createSessions, serverSide } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { createLogin, UnauthorizedError } from "hipflask/login";
import { MemoryStore } from "hipflask/stores/memory";
import { describe, expect, test } from "vitest";
import { type Handlers, onBench } from "../../src/testing/adapters/bench.ts";
import { overHttp } from "../../src/testing/adapters/send.ts";
import { listen } from "../support/client.ts";
import { http2Subjects, subjects } from "./subjects.ts";

/** These frameworks send no redirect for an error that nobody answers, whatever status it has. */
const NEEDS_HANDLER = /adapter (?:express|express4|fastify|react-router) /;

function application() {
  const store = new MemoryStore();
  const sessions = createSessions({ storage: serverSide(store) });
  const auth = createLogin(sessions, {
    loadUser: (id) => ({ id }),
    loginView: "/login",
    loginMessage: "Log in, please.",
    remember: { store },
  });
  const handlers: Handlers = {
    "/private": async ({ context }) => Response.json(await auth.loginRequired(context)),
    "/fresh": async ({ context }) => Response.json(await auth.freshLoginRequired(context)),
    "/login": async ({ context }) => {
      await auth.loginUser(context, { id: "ada" }, { remember: true });
      return new Response(null, { status: 302, headers: { Location: await auth.nextUrl(context) } });
    },
    "/messages": async ({ context }) => Response.json((await sessions.get(context)).flashes()),
    "/logout": async ({ context }) => {
      await auth.logoutUser(context);
      return Response.json(null);
    },
  };
  return { sessions, handlers };
}

/** The application's answer, where the framework has none of its own. */
function answered(error: unknown): Response {
  return error instanceof UnauthorizedError ? error.getResponse() : new Response(null, { status: 500 });
}

describe.each([...subjects(), ...http2Subjects()])("logins over $name", (subject) => {
  test("a visitor is sent to log in, and comes back; a remembered one is known, if not freshly", () =>
    onBench(subject, async ({ serve }) => {
      const { sessions, handlers } = application();
      const served = await serve(sessions, handlers, answered);
      const browser = served.browse();
      const denied = await browser.get("/private?x=1");
      expect(denied.status).toBe(302);
      const location = denied.header("location")!;
      expect(location).toBe("/login?next=%2Fprivate%3Fx%3D1");
      if (subject.capabilities?.keepsOnError !== false)
        expect((await browser.get("/messages")).json()).toEqual([
          { category: "message", message: "Log in, please." },
        ]);
      const back = await browser.get(location);
      expect([back.status, back.header("location")]).toEqual([302, "/private?x=1"]);
      expect((await browser.get("/private?x=1")).json()).toEqual({ id: "ada" });
      expect((await browser.get("/fresh")).json()).toEqual({ id: "ada" });

      const remember = back.cookies("remember")[0]!;
      const later = await served.send("/private", { headers: [["cookie", `remember=${remember}`]] });
      expect(later.json()).toEqual({ id: "ada" });
      expect([later.cookies("session").length, later.cookies("remember").length]).toEqual([1, 1]);
      const stale = await served.send("/fresh", {
        headers: [["cookie", `session=${later.cookies("session")[0]}`]],
      });
      expect([stale.status, stale.header("location")]).toEqual([401, undefined]);

      await browser.get("/logout");
      expect((await browser.get("/private")).status).toBe(302);
    }));

  test("what the framework answers by itself", () =>
    onBench(subject, async ({ serveCareless }) => {
      const { sessions, handlers } = application();
      const { browse } = await serveCareless(sessions, handlers);
      const browser = browse();
      const denied = await browser.get("/private");
      if (NEEDS_HANDLER.test(subject.name)) {
        expect(denied.status).toBe(500);
        return;
      }
      expect([denied.status, denied.header("location")]).toEqual([302, "/login?next=%2Fprivate"]);
      expect(denied.text).not.toContain("    at ");
      expect((await browser.get("/messages")).json()).toHaveLength(1);
    }));
});

describe("what the documentation says of frameworks that answer no redirect by themselves", () => {
  async function expectRedirect(server: Server): Promise<void> {
    const { origin, close } = await listen(server);
    try {
      const send = overHttp(origin);
      const denied = await send("/shop/private");
      expect([denied.status, denied.header("location")]).toEqual([302, "/login?next=%2Fshop%2Fprivate"]);
      const stale = await send("/shop/fresh", {
        headers: [
          [
            "cookie",
            (await send("/login"))
              .cookies("session")
              .map((value) => `session=${value}`)
              .join(),
          ],
        ],
      });
      expect([stale.status, stale.header("location")]).toEqual([401, undefined]);
    } finally {
      close();
    }
  }

  function login() {
    const sessions = createSessions({ storage: serverSide(new MemoryStore()) });
    return { sessions, auth: createLogin(sessions, { loadUser: (id) => ({ id }), loginView: "/login" }) };
  }

  test.each([
    ["Express 5", express],
    ["Express 4", express4 as unknown as typeof express],
  ])("%s, also below a path where an application is mounted", async (_, make) => {
    const { sessions, auth } = login();
    const shop = make();
    shop.get(
      "/private",
      (req, res, next) => void auth.loginRequired(req).then((user) => res.json(user), next),
    );
    shop.get(
      "/fresh",
      (req, res, next) => void auth.freshLoginRequired(req).then((user) => res.json(user), next),
    );
    const app = make();
    app.set("env", "test");
    app.use(expressSessions(sessions));
    app.get("/login", (req, res, next) => {
      auth.loginUser(req, { id: "ada" }, { fresh: false }).then((done) => res.json(done), next);
    });
    app.use("/shop", shop);
    app.use(((error, _req, res, next) =>
      error instanceof UnauthorizedError && error.location
        ? res.redirect(error.location)
        : next(error)) satisfies ErrorRequestHandler);
    await expectRedirect(createServer(app));
  });

  test("Fastify", async () => {
    const { sessions, auth } = login();
    const app = fastify();
    await app.register(fastifySessions(sessions));
    app.setErrorHandler((error, _request, reply) =>
      error instanceof UnauthorizedError && error.location
        ? reply.redirect(error.location)
        : reply.send(error),
    );
    app.get("/shop/private", (request) => auth.loginRequired(request));
    app.get("/shop/fresh", (request) => auth.freshLoginRequired(request));
    app.get("/login", (request) => auth.loginUser(request, { id: "ada" }, { fresh: false }));
    await app.ready();
    await expectRedirect(app.server);
  });
});

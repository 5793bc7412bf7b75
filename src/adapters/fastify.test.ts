import { fastify, type FastifyReply } from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { KEY, OTHER_KEY } from "../../test/support/visitor.ts";
import { createSessions, encryptedCookie, serverSide } from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";
import { fastifySessions } from "./fastify.ts";

test("a hook before the plugin may answer, with what it likes", async () => {
  const app = fastify();
  app.addHook("onRequest", async (request, reply) => {
    if (request.url === "/403") return reply.code(403).send("Forbidden");
    if (request.url === "/429") throw Object.assign(new Error("Slow down"), { statusCode: 429 });
    return undefined;
  });
  app.register(fastifySessions(createSessions({ secretKey: KEY })));
  const answers = await Promise.all(["/403", "/429"].map(async (url) => app.inject(url)));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 429]);
});

test("each of two managers has a current session of its own", async () => {
  const one = createSessions({ secretKey: KEY, cookie: { name: "one" } });
  const two = createSessions({ secretKey: OTHER_KEY, cookie: { name: "two" } });
  const app = fastify();
  app.register(fastifySessions(one));
  app.register(fastifySessions(two));
  app.get("/", async (request) => {
    (await one.get(request)).data["name"] = "one";
    (await two.get(request)).data["name"] = "two";
    return [(await one.current()).data["name"], (await two.current()).data["name"]];
  });
  expect((await app.inject("/")).json()).toEqual(["one", "two"]);
});

describe.each([
  ["in a store", () => serverSide(new MemoryStore())],
  ["in cookies", () => encryptedCookie()],
])("with sessions %s", (_, storage) => {
  /** An application that changes the session, over a connection. */
  async function ask(answer: (reply: FastifyReply) => unknown) {
    const sessions = createSessions({ secretKey: KEY, storage: storage() });
    const app = fastify();
    app.register(fastifySessions(sessions));
    app.get("/", async (request, reply) => {
      (await sessions.get(request)).data["n"] = 1;
      return answer(reply);
    });
    onTestFinished(() => app.close());
    const response = await fetch(await app.listen({ port: 0 }), { redirect: "manual" });
    return { status: response.status, text: await response.text() };
  }

  test.each<[string, (reply: FastifyReply) => unknown]>([
    ["a header that is none", (reply) => reply.header("x-name", "a\nb").send("ok")],
    ["a header that is no latin1", (reply) => reply.header("x-name", "\u65e5").send("ok")],
    ["a body that is none", (reply) => reply.serializer(() => 5 as never).send({ a: 1 })],
  ])("an answer with %s is an error of that request alone", async (__, answer) => {
    expect((await ask(answer)).status).toBe(500);
  });

  test("a redirect that is sent twice, as NestJS does, is one", async () => {
    const sent = await ask((reply) => {
      reply.redirect("/home");
      return undefined;
    });
    expect(sent.status).toBe(302);
  });

  test("a handler may send, and return nothing", async () => {
    const sent = await ask((reply) => {
      reply.send("sent");
    });
    expect(sent).toEqual({ status: 200, text: "sent" });
  });
});

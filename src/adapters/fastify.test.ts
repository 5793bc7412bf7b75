import { fastify } from "fastify";
import { expect, test } from "vitest";
import { KEY, OTHER_KEY } from "../../test/support/visitor.ts";
import { createSessions } from "../session/index.ts";
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

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import Koa from "koa";
import { expect, test } from "vitest";
import { KEY } from "../../test/support/visitor.ts";
import { createSessions, encryptedCookie, serverSide } from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";
import { TestClient } from "../testing/client/test-client.ts";
import { koaSessions } from "./koa.ts";

test.each([
  ["a store", () => serverSide(new MemoryStore())],
  ["cookies", () => encryptedCookie()],
])("an answer that the application writes itself, later, may change the session (%s)", async (_, storage) => {
  const sessions = createSessions<{ n?: number }>({ secretKey: KEY, storage: storage() });
  const app = new Koa();
  app.use(koaSessions(sessions));
  app.use((ctx) => {
    ctx.respond = false;
    void sleep(10).then(async () => {
      const session = await sessions.get(ctx);
      session.data.n = (session.data.n ?? 0) + 1;
      ctx.res.end(String(session.data.n));
    });
  });
  await using client = new TestClient(createServer(app.callback()));
  expect(await (await client.get("/")).text()).toBe("1");
  expect(await (await client.get("/")).text()).toBe("2");
});

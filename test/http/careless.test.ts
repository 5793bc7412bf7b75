import { createServer } from "node:http";
import { honoSessions } from "hipflask/adapters/hono";
import { nodeSessions } from "hipflask/adapters/node";
import { webSessions } from "hipflask/adapters/web";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { listen } from "../support/client.ts";
import { signed, slow, stored } from "../../src/testing/adapters/storages.ts";

describe.each([signed, stored, slow])(
  "an adapter that is there twice, and used between the two, with $name",
  (storage) => {
    test("is one, in Hono", async () => {
      const sessions = storage.sessions();
      const app = new Hono().use(honoSessions(sessions));
      app.use(async (c, next) => {
        (await sessions.get(c)).data["outer"] = 1;
        await next();
      });
      app.use(honoSessions(sessions));
      app.get("/", async (c) => {
        const { data } = await sessions.get(c);
        data["inner"] = 1;
        return c.json(data);
      });
      const response = await app.request("https://example.com/");
      expect(response.headers.getSetCookie()).toHaveLength(1);
      expect(await response.json()).toEqual({ outer: 1, inner: 1 });
    });

    test("is one, around a handler of the Fetch API's kind", async () => {
      const sessions = storage.sessions();
      const inner = webSessions(sessions, async (request) => {
        const { data } = await sessions.get(request);
        data["inner"] = 1;
        return Response.json(data);
      });
      const outer = webSessions(sessions, async (request) => {
        (await sessions.get(request)).data["outer"] = 1;
        return inner(request);
      });
      const response = await outer(new Request("https://example.com/"));
      expect(response.headers.getSetCookie()).toHaveLength(1);
      expect(await response.json()).toEqual({ outer: 1, inner: 1 });
    });

    test("is one, in Node", async () => {
      const sessions = storage.sessions();
      const inner = nodeSessions(sessions, async (request, response) => {
        const { data } = await sessions.get(request);
        data["inner"] = 1;
        response.end(JSON.stringify(data));
      });
      const outer = nodeSessions(sessions, async (request, response) => {
        (await sessions.get(request)).data["outer"] = 1;
        await inner(request, response);
      });
      const server = await listen(createServer(outer));
      const response = await fetch(server.origin);
      expect(response.headers.getSetCookie()).toHaveLength(1);
      expect(await response.json()).toEqual({ outer: 1, inner: 1 });
      server.close();
    });
  },
);

test("a Node handler that does not catch a session too large answers 500, and the server goes on", async () => {
  const sessions = signed.sessions();
  const events: string[] = [];
  sessions.on("session.unsaved", ({ message }) => events.push(message));
  const server = await listen(
    createServer(
      nodeSessions(sessions, async (request, response) => {
        const session = await sessions.get(request);
        const length = Number(request.url!.slice(1));
        session.data["note"] = Array.from({ length }, (_, i) =>
          ((i * 48_271) % 2_147_483_647).toString(36),
        ).join("");
        response.end("saved");
      }),
    ),
  );
  const status = async (length: number) => (await fetch(`${server.origin}/${length}`)).status;
  expect([await status(5000), await status(5), await status(5000)]).toEqual([500, 200, 500]);
  expect(events).toEqual(Array.from({ length: 2 }, () => "A session could not be written: TOO_LARGE."));
  server.close();
});

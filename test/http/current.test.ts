import { AsyncResource } from "node:async_hooks";
import { createServer, type ServerResponse } from "node:http";
import { ConfigError } from "hipflask";
import { nodeSessions } from "hipflask/adapters/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { onBench } from "../../src/testing/adapters/bench.ts";
import { noise } from "../../src/testing/adapters/handlers.ts";
import { cookieOf, signed, slow, stored } from "../../src/testing/adapters/storages.ts";
import { failureOf } from "../../src/testing/adapters/watching.ts";
import { listen } from "../support/client.ts";
import { http2Subjects, subjects } from "./subjects.ts";

/** Calls back in the context of the request that was the first to ask, as drivers do on a connection that is kept. */
class Connection {
  #opened: AsyncResource | undefined;

  query<T>(callback: () => T): T {
    this.#opened ??= new AsyncResource("connection");
    return this.#opened.runInAsyncScope(callback);
  }
}

describe.each([
  ...subjects(),
  ...http2Subjects().map((subject) => ({ ...subject, name: `${subject.name}, that is` })),
])("$name", (subject) => {
  test.each([signed, stored, slow])(
    "gives what a connection calls back nobody else's current session, with $name",
    (storage) =>
      onBench(subject, async ({ serve }) => {
        const sessions = storage.sessions();
        const connection = new Connection();
        const { send } = await serve(sessions, {
          "/": async ({ context }) => {
            (await sessions.get(context)).data["seen"] = true;
            const answered = await connection.query(async () => {
              try {
                return (await sessions.current()).data["who"];
              } catch (error) {
                return error instanceof ConfigError ? error.message : "another error";
              }
            });
            return Response.json({ answered, mine: (await sessions.current()).data["who"] });
          },
        });
        const ask = async (who: string) =>
          (await send("/", { headers: await cookieOf(sessions, { who }) })).json();
        expect(await ask("ada")).toEqual({ answered: "ada", mine: "ada" });
        expect(await ask("bob")).toEqual({ answered: expect.stringContaining("AsyncResource"), mine: "bob" });
      }),
  );
});

test.each([signed, slow])(
  "sessions.current() is there until the headers leave, and sessions.get(…) also after, with $name",
  async (storage) => {
    const sessions = storage.sessions();
    const seen: unknown[] = [];
    const server = createServer(
      nodeSessions(sessions, async (request, response: ServerResponse) => {
        const session = await sessions.get(request);
        session.data["n"] = 1;
        seen.push((await sessions.current()) === session);
        response.write("one");
        seen.push(
          await sessions.current().catch((error: unknown) => error),
          (await sessions.get(request)) === session,
        );
        response.end("two");
      }),
    );
    const { origin, close } = await listen(server);
    onTestFinished(close);
    expect(await (await fetch(origin)).text()).toBe("onetwo");
    expect(seen).toEqual([true, expect.any(ConfigError), true]);
  },
);

test("an answer in place of one that could not be sent has its current session", async () => {
  const sessions = signed.sessions();
  const server = createServer(
    nodeSessions(sessions, async (request, response: ServerResponse) => {
      const session = await sessions.get(request);
      session.data["text"] = noise(10_000);
      const error = await failureOf(() => response.end("text"));
      const isCurrent = (await sessions.current()) === session;
      response.writeHead(400).end(`${(error as { code?: string }).code} ${isCurrent}`);
    }),
  );
  const { origin, close } = await listen(server);
  onTestFinished(close);
  expect(await (await fetch(origin)).text()).toBe("TOO_LARGE true");
});

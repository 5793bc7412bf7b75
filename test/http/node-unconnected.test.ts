import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createSessions, serverSide, type SessionManager } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { MemoryStore } from "hipflask/stores/memory";
import { cookieFor } from "hipflask/testing";
import { describe, expect, test } from "vitest";
import { intercepted } from "../../src/testing/adapters/storages.ts";

type Fields = Partial<Pick<IncomingMessage, "headers" | "rawHeaders">>;

/** As serverless-http and others make a request: with headers, and none that came over a connection. */
function requestOf(fields: Fields, socket: object | null = { encrypted: true }): IncomingMessage {
  return Object.assign(new IncomingMessage(socket as Socket), { method: "GET", url: "/" }, fields);
}

/** As serverless-http and @codegenie/serverless-express make a response: what is written stays in its memory. */
class CollectedResponse extends ServerResponse {
  text = "";

  constructor(request: IncomingMessage) {
    super(request);
    const socket: object = {
      _writableState: {},
      writable: true,
      on: () => undefined,
      removeListener: () => undefined,
      destroy: () => undefined,
      cork: () => undefined,
      uncork: () => undefined,
      write: (data: string | Buffer, encoding: unknown, done: unknown = encoding) => {
        this.text += data.toString();
        if (typeof done === "function") done();
        return true;
      },
    };
    this.assignSocket(socket as Socket);
  }
}

/** Reads the response where they do: at once where it looks ended, otherwise when it has finished. */
async function collected(response: CollectedResponse, look: "finished" | "writableEnded"): Promise<string> {
  await undefined;
  if (!response[look]) await new Promise((resolve) => response.once("finish", resolve));
  return response.text;
}

function slowly(): SessionManager {
  return createSessions({ storage: serverSide(intercepted(new MemoryStore(), () => sleep(5))) });
}

describe.each([
  ["in a cookie", () => createSessions({ secretKey: "x8Jq2vN5tR7wZ1yC4bM6kP9sD3fG0hLq" })],
  ["in a store", () => createSessions({ storage: serverSide(new MemoryStore()) })],
  ["in a store that takes its time", slowly],
])("without a connection, a session %s", (_name, open) => {
  const sessions = open();

  function answer(request: IncomingMessage): CollectedResponse {
    const response = new CollectedResponse(request);
    expressSessions(sessions)(request, response, async () => {
      const { data } = await sessions.get(request);
      data["n"] = Number(data["n"] ?? 0) + 1;
      response.end(`n is ${data["n"]}`);
    });
    return response;
  }

  test.each<[string, (cookie: string) => Fields]>([
    ["no raw headers", (cookie) => ({ headers: { cookie, host: "example.com" } })],
    ["raw headers that are missing", (cookie) => ({ headers: { cookie }, rawHeaders: undefined as never })],
    ["a list of cookies", (cookie) => ({ headers: { cookie: ["a=1", cookie] as never } })],
    ["raw headers alone", (cookie) => ({ rawHeaders: ["Host", "example.com", "Cookie", cookie] })],
  ])("is found where the request has %s", async (_what, fieldsOf) => {
    const cookie = await cookieFor(sessions, { n: 6 }, { url: "https://example.com" });
    expect(await collected(answer(requestOf(fieldsOf(cookie))), "finished")).toMatch(/n is 7$/);
  });

  test.each([[{}], [null]])("is found where the socket is %s", async (socket) => {
    const cookie = await cookieFor(sessions, { n: 6 }, { url: "https://example.com" });
    const request = requestOf({ headers: { cookie, host: "example.com" } }, socket as never);
    expect(await collected(answer(request), "finished")).toMatch(/n is 7$/);
  });

  test.each(["finished", "writableEnded"] as const)(
    "is set in a response that is read when it looks %s",
    async (look) => {
      const text = await collected(answer(requestOf({ headers: { host: "example.com" } })), look);
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Set-Cookie: __Host-session=[^]*\r\n\r\nn is 1$/i);
    },
  );
});

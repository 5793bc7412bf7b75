import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { cookies, type SessionManager } from "hipflask";
import { describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { failure } from "../app/call.ts";
import { counting, noise, serve, streamed, type Subject } from "./serving.ts";

/** What cannot be stored is refused in time, and clients that go away disturb nobody. */
export function failureSuite(subject: Subject): void {
  describe("refuses what cannot be stored before any header has left", () => {
    const tooLarge: [string, unknown, number] = ["a session that no browser would keep", noise(5000), 413];
    test.each([
      ...(subject.storage.isStored ? [] : [tooLarge]),
      ["data that has no text", { deep: [() => 1] }, 400],
    ] as [string, unknown, number][])("%s", async (_, value, status) => {
      const sessions = subject.storage.sessions();
      const { send } = await serve(subject, sessions, {
        "/": async ({ context }) => {
          (await sessions.get(context)).data["cart"] = value;
          cookies(context).set("theme", "dark");
          return new Response("a long answer, which must not be sent", {
            headers: { "Content-Length": "37", "Cache-Control": "public, max-age=3600", ETag: '"e"' },
          });
        },
        "/dump": async ({ context }) => Response.json((await sessions.get(context)).data),
      });
      const client = new Client(send);
      const reply = await client.get("/");
      const expected = await failureText(subject.storage.sessions(), value);
      expect([reply.status, reply.setCookies]).toEqual([status, []]);
      expect(reply.text).toBe(expected);
      expect(["content-length", "cache-control", "etag"].map((name) => reply.header(name))).toEqual([
        String(expected.length),
        undefined,
        undefined,
      ]);
      expect((await client.get("/dump")).json()).toEqual({});
    });
  });

  const { protocol } = subject;
  if (protocol === undefined) return;

  test("survives clients that go away: before the answer, while they send, while they read", async () => {
    const sessions = subject.storage.sessions();
    const begun: string[] = [];
    const ended: string[] = [];
    const { origin, send } = await serve(subject, sessions, {
      "/slow": async ({ context }) => {
        const session = await sessions.get(context);
        begun.push("slow");
        await sleep(50);
        ended.push("slow");
        // React Router has given the request up, and so the session, when the client has gone.
        session.data["n"] = 1;
        return new Response("too late");
      },
      "/upload": async (call) => {
        (await sessions.get(call.context)).data["n"] = 1;
        begun.push("upload");
        const text = await call.text().catch(() => "cut off");
        ended.push(text);
        return new Response(text);
      },
      "/endless": async ({ context }) => {
        (await sessions.get(context)).data["n"] = 1;
        const body = endless(
          () => begun.push("endless"),
          () => ended.push("endless"),
        );
        return streamed(body);
      },
      "/": counting(sessions, () => new Response("alive")),
    });
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
    try {
      const hangUps = ["GET /slow", "POST /upload", "GET /endless"].map((line) =>
        begin(origin!, protocol, line),
      );
      await expect.poll(() => begun.toSorted()).toEqual(["endless", "slow", "upload"]);
      for (const hangUp of hangUps) hangUp();
      await expect.poll(() => ended.toSorted()).toEqual(["cut off", "endless", "slow"]);
      await sleep(20);
      expect(unhandled).toEqual([]);
      expect((await send("/")).cookies("session")).toHaveLength(1);
    } finally {
      process.off("unhandledRejection", note);
      process.off("uncaughtException", note);
    }
  });
}

async function* endless(onBegin: () => void, onEnd: () => void): AsyncGenerator<Uint8Array> {
  try {
    onBegin();
    for (;;) {
      yield new Uint8Array(10_000);
      await sleep(1);
    }
  } finally {
    onEnd();
  }
}

/** Sends a request, only half of its body if it has one; what hangs up. */
function begin(origin: string, protocol: "http1" | "http2", line: string): () => void {
  const [method, path] = line.split(" ") as [string, string];
  const ignore = () => undefined;
  if (protocol === "http2") {
    const session = connectHttp2(origin).on("error", ignore);
    const fields = { ":method": method, ":path": path };
    const stream = session.request(fields, { endStream: method === "GET" }).on("error", ignore);
    if (method === "POST") stream.write("half");
    return () => session.destroy();
  }
  const socket = connectTcp(Number(new URL(origin).port), "127.0.0.1").on("error", ignore);
  const body = method === "POST" ? "Content-Length: 1000\r\n\r\nhalf" : "\r\n";
  socket.write(`${line} HTTP/1.1\r\nHost: localhost\r\n${body}`);
  return () => socket.destroy();
}

/** What the client gets to read of the error that this value in a session's `cart` is. */
async function failureText(sessions: SessionManager, value: unknown): Promise<string> {
  const exchange = sessions.open({ cookie: undefined, host: "127.0.0.1", encrypted: false });
  (await exchange.session()).data["cart"] = value;
  try {
    await exchange.commit();
  } catch (error) {
    return failure(error).text();
  }
  throw new Error("It can be stored.");
}

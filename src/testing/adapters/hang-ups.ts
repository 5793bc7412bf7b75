import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { counting, streamed } from "./handlers.ts";
import { unhandledDuring, until } from "./watching.ts";
import type { Check } from "./check.ts";

/** Clients that go away disturb nobody. */
export function hangUpsSuite(check: Check): void {
  check("clients go away before the answer, while they send, while they read", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const begun: string[] = [];
    const ended: string[] = [];
    const { network, send } = await serve(sessions, {
      "/slow": async ({ context }) => {
        const session = await sessions.get(context);
        begun.push("slow");
        await sleep(50);
        ended.push("slow");
        // A framework may have given the request up, and so the session, when the client has gone.
        session.data["n"] = 1;
        return new Response("too late");
      },
      "/upload": async (call) => {
        (await sessions.get(call.context)).data["n"] = 1;
        begun.push("upload");
        // A framework may take the half for the whole.
        await call.text().catch(() => undefined);
        ended.push("upload");
        return new Response("too late");
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
    if (network !== undefined) {
      const unhandled = await unhandledDuring(async () => {
        const hangUps = ["GET /slow", "POST /upload", "GET /endless"].map((line) => begin(network, line));
        await until("all have begun", () => begun.length === 3);
        assert.deepEqual(begun.toSorted(), ["endless", "slow", "upload"]);
        for (const hangUp of hangUps) hangUp();
        await until("all have ended", () => ended.length === 3);
        assert.deepEqual(ended.toSorted(), ["endless", "slow", "upload"]);
      });
      assert.deepEqual(unhandled, []);
    }
    assert.equal((await send("/")).cookies("session").length, 1);
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
function begin({ origin, http2 }: { origin: string; http2: boolean }, line: string): () => void {
  const [method, path] = line.split(" ") as [string, string];
  const ignore = () => undefined;
  if (http2) {
    const session = connectHttp2(origin).on("error", ignore);
    const fields = { ":method": method, ":path": path };
    const stream = session.request(fields, { endStream: method === "GET" }).on("error", ignore);
    if (method === "POST") stream.write("half");
    return () => session.destroy();
  }
  const { hostname, port } = new URL(origin);
  const socket = connectTcp(Number(port), hostname.replace(/^\[(.*)\]$/, "$1")).on("error", ignore);
  const body = method === "POST" ? "Content-Length: 1000\r\n\r\nhalf" : "\r\n";
  socket.write(`${line} HTTP/1.1\r\nHost: localhost\r\n${body}`);
  return () => socket.destroy();
}

import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { onNode } from "./mount.ts";

test("after a body that is too large the connection goes on serving", async () => {
  const mounted = onNode("/inspector", () => Promise.resolve(new Response("no", { status: 403 })));
  const server = createServer((asked, response) => mounted(asked, response, () => response.end("next")));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (method: string, path: string, body = "") => {
    const asking = request({ agent, port, method, path, signal: AbortSignal.timeout(5000) });
    asking.end(body);
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    await once(answer.resume(), "end");
    return { status: answer.statusCode, reused: asking.reusedSocket };
  };
  try {
    expect(await ask("POST", "/inspector/verdict", "x".repeat(1_000_000))).toEqual({
      status: 403,
      reused: false,
    });
    expect(await ask("GET", "/")).toEqual({ status: 200, reused: true });
  } finally {
    agent.destroy();
    server.close();
  }
});
